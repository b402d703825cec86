// SPDX-License-Identifier: MIT
//
// Refutes layers whose structure is no order of single unknowns: by counting, or by the sign of their Jacobian's
// determinant.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"

#include <string>

namespace flowc::prove {

/// Why a layer is no bijection, and where that shows.
struct StructuralFault {
  std::string failure, finding;
  /// The layer is a matrix of parameters, without an inverse for some of them.
  bool isRank = false;
};

/// Why the layer cannot be a bijection, whatever its parameters are: some outputs depend on fewer inputs than they are.
std::optional<StructuralFault> refuteByCounting(flow::LayerOp layer);

/// Why the layer is no bijection for some parameters: the determinant of its Jacobian is 0 everywhere, or has two
/// signs. (A continuous injective map keeps its orientation.)
std::optional<StructuralFault> refuteByOrientation(flow::LayerOp layer, llvm::ArrayRef<flow::Interval> domain);

} // namespace flowc::prove
