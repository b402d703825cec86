// SPDX-License-Identifier: MIT
//
// How far values of a layer move when its input does: Lipschitz bounds, composed of what the ops answer.

#pragma once

#include "compiler/Derive/Structure.h"

namespace flowc {

/// Bounds in the Euclidean norm that hold for every input and all parameters.
class Lipschitz {
public:
  Lipschitz(flow::LayerOp layer, const LayerStructure &structure) : input(layer.input()), structure(structure) {}

  /// |value(x) - value(x')| <= of(value) |x - x'|; infinite if no bound shows.
  double of(mlir::Value value);

private:
  /// Element i moves by at most `rate` times what element i of `base` moves by. (Of the input itself: by its own.)
  struct Motion {
    mlir::Value base;
    double rate;
  };
  Motion motion(mlir::Value value);
  Motion motionOf(mlir::Operation *op);
  /// That of x f(c x), whose slope is bounded although x is not; infinite if `op` is no such product.
  double rateOfProduct(mlir::Operation *op);
  /// Whether `value` is `of` times, or divided by, something that does not move.
  bool isMultiple(mlir::Value value, mlir::Value of);
  /// A bound of the value's own Euclidean norm (of a matrix: Frobenius').
  double norm(mlir::Value value);
  /// A bound of how many times longer a matrix makes a vector; of a vector, that of its norm.
  double operatorNorm(mlir::Value value);

  mlir::Value input;
  const LayerStructure &structure;
  llvm::DenseMap<mlir::Value, Motion> motions;
  llvm::DenseMap<mlir::Value, double> bases, norms, operatorNorms;
};

} // namespace flowc
