// SPDX-License-Identifier: MIT
//
// The function that a tile.map becomes: what it is told, and when two maps share one. How it goes over rows and samples is the target's.

#pragma once

#include "targets/common/FunctionCache.h"

#include "mlir/IR/IRMapping.h"

namespace flowc::targets {

/// The rows that a map touches in one buffer: start + i * step, or a table. (`start` is the caller's; inside the function rows are
/// counted from there.)
struct Rows {
  explicit Rows(llvm::ArrayRef<int64_t> list);
  int64_t start = 0, step = 1;
  llvm::ArrayRef<int64_t> table;
};

/// One buffer of a map, inside the map's function.
struct MapBuffer {
  mlir::Value pointer;
  mlir::Value table; ///< The address of the row table, if there is one.
  Rows rows;
  int64_t stride;
  bool uniform;
};

/// A map's buffers as its function sees them.
class MapFunction {
public:
  MapFunction(tile::MapOp op, Emitter &emitter, mlir::ValueRange arguments, mlir::ValueRange captured);

  /// The address of the row that iteration `i` touches.
  mlir::Value rowAddress(Emitter &emitter, const MapBuffer &buffer, mlir::Value i) const;

  mlir::Type element;
  mlir::Value rows;
  llvm::SmallVector<MapBuffer> inputs, outputs;
  mlir::IRMapping outside; ///< What the body uses from outside.
};

/// How many samples a map's varying buffers have; 0 where there is none.
int64_t sampleCount(tile::MapOp op);

/// Calls the function of a map; `body` makes it where it is the first of its kind. Nothing is called where there is nothing to do.
void callMap(tile::MapOp op, FunctionCache &cache, llvm::function_ref<void(Emitter &, MapFunction &)> body);

} // namespace flowc::targets
