// SPDX-License-Identifier: MIT
//
// All that a model computes from some rows, by name, wherever it computes; and how far two such lists are apart.

#ifndef FLOWC_TESTS_GPU_RESULTS_H
#define FLOWC_TESTS_GPU_RESULTS_H

#include "runtime/CompiledModel.h"

#include <string>
#include <vector>

namespace flowc::gpu {

using Values = std::vector<double>;
template <typename T> std::vector<T> narrowed(const Values &values) { return {values.begin(), values.end()}; }
template <typename T> Values widened(const std::vector<T> &values) { return {values.begin(), values.end()}; }

/// What is computed from: data, latents, numbers between 0 and 1 for an objective that draws samples, and contexts, row by row.
struct Rows {
  int64_t count;
  Values x, z, uniform, context;
};

struct Result {
  std::string name;
  Values numbers;
  bool isSum = false; // over rows
};

/// Samples, densities, both directions, gradients with and without weights, objectives, statistics and data-dependent starts. Sets
/// the parameters first.
template <typename T>
std::vector<Result> computeAll(Model<T> &model, const runtime::Manifest &manifest, const Values &parameters, const Rows &rows,
                               bool hasGradients = true);

/// The largest difference: of a row, relative to 1 + the number's size; of sums, relative to the largest of them. Infinite where a number
/// is missing or none.
double distance(const Result &expected, const Result &found);

/// By how much rounding the factors of products may move each result: so much do `computeAll`'s of `model` when all parameters are moved by
/// up to `rounding` of their size, at random, in the worst of some trials. A weight is a factor of every product, and what it is multiplied
/// with is rounded as often and as much. Empty where nothing is rounded.
template <typename T>
std::vector<double> sensitivity(Model<T> &model, const runtime::Manifest &manifest, const Values &parameters, const Rows &rows,
                                double rounding);

/// How far factors are from what they are rounded to, at most, relative to them; 0 for those that are not.
double roundingOf(const std::string &matmul);

} // namespace flowc::gpu

#endif
