// SPDX-License-Identifier: MIT
//
// From every layer's one direction: both directions with their log-determinants, as functions that a person can read.

#pragma once

#include "mlir/Pass/Pass.h"

namespace flowc {

/// The names of a layer's derived functions.
inline std::string forwardName(llvm::StringRef layer) { return (layer + ".forward").str(); }
inline std::string inverseName(llvm::StringRef layer) { return (layer + ".inverse").str(); }

/// For each flow.layer @L, adds to the model
///   func.func @L.forward(data side) -> (latent side, log|det|)
///   func.func @L.inverse(latent side) -> (data side, log|det|).
/// The layers stay, as the definition. Reports layers that it cannot invert.
std::unique_ptr<mlir::Pass> createDeriveLayersPass();

} // namespace flowc
