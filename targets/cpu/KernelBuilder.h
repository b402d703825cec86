// SPDX-License-Identifier: MIT
//
// What the lowerings of all tile ops share: the vector unit they target, the private functions they become calls of,
// and addressing. Tile ops are not expanded in place: a model repeats the same few kinds of work at other addresses, so
// every kind becomes one function of pointers and sizes, and every op a call. That keeps the code and its compile time
// small.

#pragma once

#include "compiler/Dialect/Tile/TileDialect.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"

namespace flowc::cpu {

/// The vector unit that kernels are shaped for.
struct VectorUnit {
  int bits = 256;
  int registers = 16;
  bool fma = true;
};

/// Builds address arithmetic, loads and stores. Indices are i64, addresses `!llvm.ptr`.
class Emitter {
public:
  Emitter(mlir::OpBuilder &builder, mlir::Location loc) : builder(builder), loc(loc) {}

  mlir::Value constant(int64_t value);
  /// A float or a splat vector of it.
  mlir::Value constant(mlir::Type type, double value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value subtract(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, mlir::Value b);
  mlir::Value multiply(mlir::Value a, int64_t b) { return multiply(a, constant(b)); }
  mlir::Value minimum(mlir::Value a, mlir::Value b);
  /// The largest multiple of `step` that is not above `value`.
  mlir::Value roundDown(mlir::Value value, int64_t step);
  mlir::Value addFloats(mlir::Value a, mlir::Value b);

  /// The address of element `index` of an array of `element`.
  mlir::Value address(mlir::Value pointer, mlir::Type element, mlir::Value index);
  /// The same where the address may be outside of the buffer, under a mask.
  mlir::Value maskedAddress(mlir::Value pointer, mlir::Type element, mlir::Value index);
  /// Loads a number or a vector, aligned like its elements.
  mlir::Value load(mlir::Type type, mlir::Value pointer);
  void store(mlir::Value value, mlir::Value pointer);
  /// Lanes where the mask is false keep `otherwise` and are not read.
  mlir::Value maskedLoad(mlir::Value pointer, mlir::Value mask, mlir::Value otherwise);
  void maskedStore(mlir::Value value, mlir::Value pointer, mlir::Value mask);
  /// A mask of `width` lanes, true in the first `count`.
  mlir::Value firstLanes(int64_t width, mlir::Value count);
  mlir::Value broadcast(mlir::VectorType type, mlir::Value scalar);
  /// The sum of all lanes in a fixed order: halves are added until one lane is left.
  mlir::Value sumLanes(mlir::Value vector);

  /// for (i = from; i < to; i += step) with loop-carried values; `body` returns the next ones. Returns the last ones.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value from, mlir::Value to, int64_t step, mlir::ValueRange carried,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value i, mlir::ValueRange carried)> body);
  /// The same with nothing carried.
  void loop(mlir::Value from, mlir::Value to, int64_t step, llvm::function_ref<void(mlir::Value i)> body);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// The module's private functions, one per kind of work.
class KernelCache {
public:
  KernelCache(mlir::ModuleOp module, VectorUnit unit);

  using Body = llvm::function_ref<void(Emitter &, mlir::ValueRange arguments)>;

  /// Calls the function of this `key` on `arguments`; makes it with `body` where it is the first call. `name` is for
  /// people.
  void call(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name, llvm::StringRef key,
            mlir::ValueRange arguments, Body body);

  /// The address of a buffer's first element.
  mlir::Value pointerTo(Emitter &emitter, mlir::Value buffer);

  /// The address of a constant list of i64, kept once for equal lists. All lie in one table, so that calls which differ in
  /// their lists differ in numbers alone.
  mlir::Value rowTable(Emitter &emitter, llvm::ArrayRef<int64_t> rows);

  /// Writes the table of all lists, once nothing more is asked for.
  void finish();

  /// How many lanes to use for rows of `samples` elements: the machine's number, or the largest part of it that divides
  /// them.
  int64_t lanes(mlir::Type element, int64_t samples) const;
  int64_t lanes(mlir::Type element) const { return unit.bits / element.getIntOrFloatBitWidth(); }
  const VectorUnit &vectorUnit() const { return unit; }

private:
  mlir::Value descriptorPointer(Emitter &emitter, mlir::Value buffer);

  mlir::ModuleOp module;
  VectorUnit unit;
  mlir::LLVMTypeConverter types;
  llvm::StringMap<mlir::func::FuncOp> functions;
  llvm::DenseMap<mlir::Value, mlir::Value> origins; ///< Addresses of what buffers are slices of.
  llvm::DenseMap<mlir::Attribute, int64_t> lists;   ///< Where each list lies in the table.
  std::vector<int64_t> table;
};

/// One element type's row of a buffer: how far apart rows are.
inline int64_t rowStride(mlir::Value buffer) {
  return tile::bufferStrides(mlir::cast<mlir::MemRefType>(buffer.getType())).front();
}

void lowerMap(tile::MapOp op, KernelCache &cache);
void lowerGemm(tile::GemmOp op, KernelCache &cache);
void lowerSolve(tile::SolveOp op, KernelCache &cache);
void lowerEliminate(tile::EliminateOp op, KernelCache &cache);
void lowerSubstitute(tile::SubstituteOp op, KernelCache &cache);
void lowerTranspose(tile::TransposeOp op, KernelCache &cache);
void lowerFill(tile::FillOp op, KernelCache &cache);
/// Expects its body lowered.
void lowerRepeat(tile::RepeatOp op, KernelCache &cache);

} // namespace flowc::cpu
