// SPDX-License-Identifier: MIT
//
// From every layer's one direction: both directions with their log-determinants, as functions that a person can read.

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// The names of a layer's derived functions.
inline std::string forwardName(llvm::StringRef layer) { return (layer + ".forward").str(); }
inline std::string inverseName(llvm::StringRef layer) { return (layer + ".inverse").str(); }
/// The name of the same function with an estimate for its log-determinant.
inline std::string estimatedName(llvm::StringRef function) { return (function + ".estimated").str(); }

/// For each flow.layer @L, adds to the model
///   func.func @L.forward(data side) -> (latent side, log|det|)
///   func.func @L.inverse(latent side) -> (data side, log|det|).
/// The layers stay, as the definition. Reports layers that it cannot invert. Where the model has training estimate log-determinants and the
/// layer's is of the kind that can be, there are two functions more, @L.forward.estimated and @L.inverse.estimated.
std::unique_ptr<mlir::Pass> createDeriveLayersPass();

} // namespace flowc
