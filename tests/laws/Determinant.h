// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <utility>
#include <vector>

namespace flowc::laws {

/// log|det| of a dense matrix by elimination with row exchanges.
template <typename Real> Real logAbsDeterminant(std::vector<std::vector<Real>> matrix) {
  Real total = 0;
  for (size_t column = 0; column < matrix.size(); ++column) {
    size_t pivot = column;
    for (size_t row = column; row < matrix.size(); ++row)
      if (std::abs(matrix[row][column]) > std::abs(matrix[pivot][column]))
        pivot = row;
    std::swap(matrix[column], matrix[pivot]);
    total += std::log(std::abs(matrix[column][column]));
    for (size_t row = column + 1; row < matrix.size(); ++row) {
      Real factor = matrix[row][column] / matrix[column][column];
      for (size_t k = column; k < matrix.size(); ++k)
        matrix[row][k] -= factor * matrix[column][k];
    }
  }
  return total;
}

} // namespace flowc::laws
