// SPDX-License-Identifier: MIT
//
// flow.spectral_norm: why it is a bound, and what it is on numbers.
//
// Let A be the smaller of W W^T and W^T W: its eigenvalues are the squares of W's singular values s. The Frobenius norm of A^(2^k) is the
// root of the sum of s^(4 * 2^k), which is not below its largest term: |A^(2^k)|^(1 / 2^(k+1)) >= s_max. With n singular values it is
// larger by at most n^(1 / 2^(k+2)), and k is chosen so that this is 1.01. Every power is divided by its norm before it is squared, so
// that nothing over- or underflows; what it is divided by exactly does not matter, as the result is multiplied with the same number.
//
// Rounding. A product is off by at most n u |A| |A|, element by element (u = 2^-24 in f32), of which the norm is n u if that of A is 1, and
// the product's norm is at least 1 / sqrt(n). So every product is off by a share of n^1.5 u, and the result by no more than one such share
// of all of them, as each counts half as much as the one before. The slack is four times that.

#include "compiler/Dialect/Flow/FlowDialect.h"

#include <cmath>

using namespace mlir;

namespace flowc::flow {
namespace {

/// The smaller of the two products of a matrix with its transpose.
SmallVector<double> gram(ArrayRef<double> w, int64_t rows, int64_t columns) {
  int64_t size = std::min(rows, columns), depth = std::max(rows, columns);
  auto at = [&](int64_t i, int64_t k) { return rows <= columns ? w[i * columns + k] : w[k * columns + i]; };
  SmallVector<double> result(size * size, 0);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j)
      for (int64_t k = 0; k < depth; ++k)
        result[i * size + j] += at(i, k) * at(j, k);
  return result;
}

} // namespace

ElementSets SpectralNormOp::dependencies(ArrayRef<ElementSets> operands, SetPool &pool) {
  return ElementSets(1, pool.unite(operands[0].distinct()));
}
Interval SpectralNormOp::inferRange(ArrayRef<Interval>) { return Interval::closed(getLeast().convertToDouble(), kInfinity); }
Value SpectralNormOp::solve(OpBuilder &, unsigned, Value, ArrayRef<Value>, ArrayRef<Interval>) { return {}; }

int SpectralNormOp::squarings() {
  double share = std::log(static_cast<double>(std::min(rows(), columns()))) / std::log(1.01);
  return share > 1 ? std::max(0, static_cast<int>(std::ceil(std::log2(share))) - 2) : 0;
}

double SpectralNormOp::slack() { return 1 + 4 * std::pow(std::max(rows(), columns()), 1.5) * std::exp2(-24); }

SmallVector<double> SpectralNormOp::evaluateAll(ArrayRef<ArrayRef<double>> operands) {
  double least = getLeast().convertToDouble(), squares = 0;
  for (double number : operands[0])
    squares += number * number;
  if (!(squares > least * least))
    return {least};
  SmallVector<double> power = gram(operands[0], rows(), columns());
  int64_t size = std::min(rows(), columns());
  double logarithm = 0;
  for (int k = 0;; ++k) {
    double norm = 0;
    for (double number : power)
      norm = std::hypot(norm, number);
    logarithm += std::log(norm) / std::exp2(k + 1);
    if (k == squarings())
      return {std::max(least, slack() * std::exp(logarithm))};
    for (double &number : power)
      number /= norm;
    power = gram(power, size, size);
  }
}

} // namespace flowc::flow
