// SPDX-License-Identifier: MIT
//
// The private functions that tile ops become calls of. Tile ops are not expanded in place: a model repeats the same few kinds of work
// at other addresses, so every kind becomes one function of pointers and sizes, and every op a call. That keeps the code and its
// compile time small.

#pragma once

#include "compiler/Dialect/Tile/TileDialect.h"
#include "targets/common/Emitter.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace flowc::targets {

class FunctionCache {
public:
  /// Functions and tables go into `home`, the body of a module. Pointers to buffers and tables are of `addressSpace`.
  FunctionCache(mlir::Block *home, unsigned addressSpace = 0) : home(home), addressSpace(addressSpace) {}
  virtual ~FunctionCache() = default;

  /// Emits a function's body and returns its results.
  using Body = llvm::function_ref<llvm::SmallVector<mlir::Value>(Emitter &, mlir::ValueRange arguments)>;

  /// Calls the function of this `key` on `arguments`; makes it with `body` where it is the first call. `name` is for people.
  mlir::func::CallOp call(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name, llvm::StringRef key,
                          mlir::ValueRange arguments, Body body);

  /// The address `distance` elements behind a buffer's first one.
  mlir::Value pointerTo(Emitter &emitter, mlir::Value buffer, int64_t distance = 0);

  /// Buffers are a function's own: behind it another's may have their names.
  virtual void forgetBuffers() { origins.clear(); }

  /// The address of a constant list of i64, kept once for equal lists. All lie in one table, so that calls which differ in
  /// their lists differ in numbers alone.
  mlir::Value rowTable(Emitter &emitter, llvm::ArrayRef<int64_t> rows);

  /// Writes the table of all lists, once nothing more is asked for.
  void finish();

protected:
  mlir::Block *home;
  unsigned addressSpace;

private:
  /// The address of the first element of a buffer that is no slice at a constant offset.
  virtual mlir::Value originOf(Emitter &emitter, mlir::Value buffer) = 0;

  llvm::StringMap<mlir::func::FuncOp> functions;
  llvm::DenseMap<mlir::Value, mlir::Value> origins; ///< Addresses of what buffers are slices of.
  llvm::DenseMap<mlir::Attribute, int64_t> lists;   ///< Where each list lies in the table.
  std::vector<int64_t> table;
};

/// Writes a constant array of i64 to the beginning of a module's body.
mlir::LLVM::GlobalOp makeTable(mlir::Block *home, mlir::Location loc, llvm::StringRef name, llvm::ArrayRef<int64_t> numbers,
                               unsigned addressSpace);

/// How far apart the rows of a buffer are.
inline int64_t rowStride(mlir::Value buffer) {
  return tile::bufferStrides(mlir::cast<mlir::MemRefType>(buffer.getType())).front();
}

} // namespace flowc::targets
