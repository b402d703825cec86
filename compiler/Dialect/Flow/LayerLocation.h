// SPDX-License-Identifier: MIT
//
// Which layer an op is of: its location says so, through all phases. Layers of one `repeat` stand at one place of the spec, so that the
// place alone would not.

#pragma once

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"

namespace flowc::flow {

inline mlir::Location inLayer(mlir::Location place, mlir::StringAttr layer) {
  return mlir::FusedLoc::get(place.getContext(), place, layer);
}

/// The place alone: one and the same for all layers that stand there.
inline mlir::Location placeOf(mlir::Location location) {
  auto fused = mlir::dyn_cast<mlir::FusedLoc>(location);
  return fused && fused.getMetadata() && fused.getLocations().size() == 1 ? fused.getLocations().front() : location;
}

/// The layer's name, or nothing.
inline llvm::StringRef layerOf(mlir::Location location) {
  llvm::StringRef found;
  location->walk([&](mlir::Location inner) {
    auto fused = mlir::dyn_cast<mlir::FusedLoc>(inner);
    auto layer = fused ? mlir::dyn_cast_if_present<mlir::StringAttr>(fused.getMetadata()) : mlir::StringAttr();
    if (!layer)
      return mlir::WalkResult::advance();
    found = layer.getValue();
    return mlir::WalkResult::interrupt();
  });
  return found;
}

} // namespace flowc::flow
