// SPDX-License-Identifier: MIT
//
// The flow dialect: models, layers and parameters for one sample, and the four interfaces that every op of a layer answers.

#pragma once

#include "compiler/Dialect/Flow/ElementSets.h"
#include "compiler/Dialect/Flow/Interval.h"
#include "compiler/Dialect/Flow/Limit.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/BitVector.h"

#include "compiler/Dialect/Flow/FlowDialect.h.inc"

#include "compiler/Dialect/Flow/FlowInterfaces.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/Flow/FlowOps.h.inc"

namespace flowc::flow {

/// Attaches the four interfaces to the ops of upstream dialects (arith, math) and to this dialect's scalar functions.
void registerExternalModels(mlir::DialectRegistry &registry);

/// The function of a model that gives the logarithm, up to a constant, of the density that its objective is about.
inline constexpr llvm::StringLiteral kTargetName = "target";

/// The function of a model that is what training raises, where that is computed in another way than it is elsewhere: with statistics of the
/// batch in it, or with estimates of log-determinants.
inline constexpr llvm::StringLiteral kTrainingName = "training";

/// The functions that training is cut into, segment_0 and so on, and their gradients.
inline constexpr llvm::StringLiteral kSegmentName = "segment", kSegmentGradientName = "segment_gradient";
inline std::string numberedName(llvm::StringRef name, size_t k) { return (name + "_" + llvm::Twine(k)).str(); }

/// The staged places of the statistics that are taken behind segment k.
inline std::string meanName(size_t k) { return "statistic." + std::to_string(k) + ".mean"; }
inline std::string varianceName(size_t k) { return "statistic." + std::to_string(k) + ".variance"; }

/// Number of elements of a tensor type.
inline int64_t elementCount(mlir::Value value) {
  return mlir::cast<mlir::ShapedType>(value.getType()).getNumElements();
}

/// A constant of `type` (a float, or a tensor or vector of floats) with every element `value`.
mlir::Value constantOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type, double value);

/// The range of a value, from the ranges of what it is computed from; `given` are known from elsewhere, and get what is found. What is
/// more than `depth` steps away counts as anything.
Interval inferRange(mlir::Value value, llvm::DenseMap<mlir::Value, Interval> &given, int depth = std::numeric_limits<int>::max());

/// The number that every element of `value` is, if it is such a constant.
std::optional<double> constantValue(mlir::Value value);

/// Which elements of a value can be nonzero, whatever the parameters and the sample are; in row-major order.
llvm::BitVector nonZeroElements(mlir::Value value);

} // namespace flowc::flow
