// SPDX-License-Identifier: MIT
//
// A compiled model with parameters and rows of its own, to be timed, and the flops that its products need.

#pragma once

#include "runtime/abi/flowrt.hpp"

#include <memory>
#include <string>
#include <vector>

namespace bench {

struct TimedModel {
  std::string name;
  std::unique_ptr<flowc::Model<float>> model;
  std::vector<float> x, gradient;
  double forwardFlops = 0, gradientFlops = 0; // of all rows

  void takeGradient() { model->gradient(x, gradient); }
};

/// Opens a model directory; ends the program if it cannot. For each weight [m, n] and row 2 m n flops count for each of forward, data
/// gradient and weight gradient, without the data gradient of the first weight, whose input is the data.
TimedModel openTimedModel(const std::string &directory, int64_t rows);

} // namespace bench
