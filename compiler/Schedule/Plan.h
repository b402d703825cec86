// SPDX-License-Identifier: MIT
//
// The plan of one kernel: which buffers there are, and what runs in which order. Made by the planner, filled in by the allocator,
// turned into tile IR by the emitter.

#pragma once

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Dialect/Tile/TileDialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/ADT/StringMap.h"

#include <optional>
#include <variant>

namespace flowc::schedule {

/// What a kernel's argument is for; the order in a signature is that of runtime/abi/flowrt_kernels.h.
enum class Role { Parameters, Gradient, Staged, StagedGradient, Argument, Result, Workspace };

/// A slot of a kernel's signature; `index` counts the function's arguments or results.
struct Slot {
  Role role;
  unsigned index = 0;
};

/// How one function of the model becomes a kernel.
struct Signature {
  llvm::StringRef name;
  /// No sample dimension: everything is one number per row.
  bool uniform;
  llvm::SmallVector<Slot> slots;
  /// There is one for each segment of training: NAME_0, NAME_1, ...
  bool numbered = false;
  /// It runs in steps of training alone, on tiles of their own size.
  bool training = false;
};

llvm::ArrayRef<Signature> signatures();

/// Rows of numbers: `rows` x tile if varying, `rows` if uniform. Lies in a kernel argument at an offset in elements.
struct Buffer {
  int64_t rows;
  bool uniform;
  unsigned slot; ///< Position in the signature.
  int64_t offset = 0;
  mlir::DenseElementsAttr constant = {}; ///< The numbers themselves, for a table; it then has no slot.
};

/// Some rows of a buffer, in order; `rows` empty means all of them.
struct View {
  unsigned buffer = ~0u;
  llvm::SmallVector<int64_t> rows;
  bool operator==(const View &) const = default;
};

/// A value that a map writes.
struct MapOutput {
  mlir::Value value;
  View target;
  tile::OutputKind kind;
};

/// Element-wise ops of one row count that run as one loop.
struct MapNode {
  int64_t rows = 0;
  bool uniform = false;
  llvm::SmallVector<mlir::Operation *> ops;
  llvm::SmallVector<MapOutput> outputs;
};

/// Columns of a vector that are next to each other, and which of another's they are taken from.
struct ColumnRun {
  int64_t column, source, count;
};

/// A matrix product with what is fused into it. The samples of all `columns` of a vector are next to each other, so that many columns
/// are no more than a longer product.
struct GemmNode {
  mlir::Location loc;
  View a, b;
  View c;
  int64_t m, n, k;
  int64_t columns, sourceColumns;   ///< Of c (if `outer`, of a); of b.
  std::optional<ColumnRun> run = {}; ///< The columns that have a part in it, if not all.
  bool transposeA = false, accumulate = false;
  bool outer = false; ///< a is a vector, and b one written column by column; where there are samples, the output of a TransposeNode.
  std::optional<View> bias;
  llvm::SmallVector<mlir::Operation *> epilogue; ///< A chain of one-argument ops, first to last.
  mlir::Value chainStart;                        ///< What the first of them is applied to.
};

/// A triangular system per sample and column.
struct SolveNode {
  mlir::Location loc;
  View a;
  std::optional<View> diagonal;
  View y, x;
  int64_t rows, columns;
  bool transposeA, backward;
};

/// The triangles of a matrix of every sample's own, in its place.
struct EliminateNode {
  mlir::Location loc;
  View matrix;
};

/// Systems with such triangles, the solution in the place of the right-hand side.
struct SubstituteNode {
  mlir::Location loc;
  View triangles, x;
  int64_t columns;
  bool transposed;
};

struct TransposeNode {
  mlir::Location loc;
  View input;
  unsigned output; ///< Holds columns x tile x rows, the rows padded to paddedRows(rows).
  int64_t rows, columns;
};

/// The row stride of a sample-major buffer.
inline int64_t paddedRows(int64_t rows) { return llvm::alignTo(rows, 16); }

struct FillNode {
  mlir::Location loc;
  unsigned buffer;
};

struct PlacedNode;

/// What runs again and again until a vector stays where it is.
struct LoopNode {
  mlir::Location loc;
  double rate;            ///< By how much a round shortens the distance; where `rounds` says how many there are, of no use.
  std::optional<int64_t> rounds;
  unsigned current, next; ///< The buffers of the vector and of what a round makes of it.
  std::vector<PlacedNode> body;
};

using Node = std::variant<MapNode, GemmNode, SolveNode, EliminateNode, SubstituteNode, TransposeNode, FillNode, LoopNode>;

/// Where a node runs: boundaries (2 * phase) before the maps of their phase (2 * phase + 1), then program order.
struct PlacedNode {
  int position;
  Node node;
};

struct Plan {
  const Signature *signature;
  int64_t tile;
  std::vector<Buffer> buffers;
  std::vector<PlacedNode> nodes;
  /// Where values lie that nodes use; values computed inside one map have no view.
  llvm::DenseMap<mlir::Value, View> views;
  int64_t workspace = 0;
};

/// What the planner must know beside the function: where symbols lie.
struct Layout {
  /// Offset of each parameter in the parameter vector, of each staged value in the staged vector.
  llvm::StringMap<int64_t> parameters, staged;
  int64_t parameterCount = 0, stagedCount = 0;
};

/// Plans `function` as the kernel `signature`.
mlir::FailureOr<Plan> planKernel(mlir::func::FuncOp function, const Signature &signature, const Layout &layout,
                                 int64_t tile);

/// Gives every workspace buffer an offset; buffers whose uses do not overlap share space.
void allocateWorkspace(Plan &plan);

/// What a map reads: the values that its ops and outputs take from outside, each once, without constants that are one number.
llvm::SmallVector<mlir::Value> mapInputs(const MapNode &map);

class Tables;

/// Emits the kernel into `module` with element type `element`; workspaces of all kernels have `workspace` elements.
void emitKernel(const Plan &plan, mlir::func::FuncOp function, const Layout &layout, Tables &tables, mlir::ModuleOp module,
                mlir::Type element, llvm::StringRef name, int64_t workspace);

} // namespace flowc::schedule
