// SPDX-License-Identifier: MIT
//
// The scheduled level: what a target must be able to do with ONE TILE of samples. Everything works on memrefs that the schedule
// has placed in the kernel's workspace; nothing here knows a layer, and everything that a target may choose (registers, vector
// width, warps, order of loops) is left open.

#ifndef FLOWC_DIALECT_TILE_TILEOPS_TD
#define FLOWC_DIALECT_TILE_TILEOPS_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def TileDialect : Dialect {
  let name = "tile";
  let cppNamespace = "::flowc::tile";
  let summary = "kernels over one tile of samples";
  let description = [{
    A *varying* buffer `memref<RxTxE, strided<[s, 1], ...>>` holds R rows (features) of T samples, samples contiguous. A *uniform*
    buffer `memref<RxE, strided<...>>` holds one number per row, the same for all samples (parameters, what was staged from them,
    their gradients). E is f32 or f64. A kernel's arguments start on 64-byte boundaries, and so do the buffers that the schedule
    places in the workspace and in the staged vector; a slice of the parameter vector or of its gradient may start at any element. T
    is a multiple of every vector width.

    The examples below are those of `tests/targets/lit/tile-syntax.mlir`.
  }];
  let useDefaultTypePrinterParser = 0;
}

class TileOp<string mnemonic, list<Trait> traits = []> : Op<TileDialect, mnemonic, traits>;

def Tile_Store      : I32EnumAttrCase<"Store", 0, "store">;
def Tile_Add        : I32EnumAttrCase<"Add", 1, "add">;
def Tile_SumRows    : I32EnumAttrCase<"SumRows", 2, "sum_rows">;
def Tile_SumSamples : I32EnumAttrCase<"SumSamples", 3, "sum_samples">;
def Tile_OutputKind : I32EnumAttr<"OutputKind", "how a map writes a result", [Tile_Store, Tile_Add, Tile_SumRows, Tile_SumSamples]> {
  let cppNamespace = "::flowc::tile";
}

def MapOp : TileOp<"map", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "element-wise program over rows and samples, with reductions";
  let description = [{
    For every row i in 0 .. rows-1 and every sample s, evaluates the body on the inputs' elements and writes what it yields.
    The body is straight-line scalar code (arith, math, the flow dialect's scalar functions, `flow.root`) on element type E.

    `input_rows[k]` lists the row of input k that iteration i reads (empty: row i). `output_rows[k]` likewise for what is written;
    what is stored names no row twice, and what is added up is added in the order of i.
    A varying input gives the element of sample s, a uniform one the same element for all samples.

    `output_kinds[k]` is the OutputKind of output k:
    - `store`:       out[row][s]  = v
    - `add`:         out[row][s] += v
    - `sum_rows`:    out[0][s]   += sum over i of v
    - `sum_samples`: out[row]    += sum over s of v (out is uniform)

    Where all outputs are uniform and none is `sum_samples`, all inputs are uniform too and there is no sample dimension: the
    body runs once per row. Inputs and outputs of one map either are the same rows of the same buffer or do not overlap.

    ```mlir
    // y = x * exp(s) + t on the odd rows, and its log-determinant
    tile.map rows 2 ins(%x, %s, %t : memref<4x64xf32>, memref<2x64xf32>, memref<2xf32>)
                    outs(%y, %ld : memref<4x64xf32>, memref<1x64xf32>)
             attributes {input_rows = [array<i64: 1, 3>, array<i64>, array<i64>],
                         output_rows = [array<i64: 1, 3>, array<i64>], output_kinds = array<i32: 0, 2>} {
    ^bb0(%xe: f32, %se: f32, %te: f32):
      %e = math.exp %se : f32
      %m = arith.mulf %xe, %e : f32
      %r = arith.addf %m, %te : f32
      tile.yield %r, %se : f32, f32
    }
    ```
  }];
  // Effects stand on the operands: with RecursiveMemoryEffects a map with a pure body would count as dead.
  let arguments = (ins I64Attr:$rows, Arg<Variadic<AnyMemRef>, "", [MemRead]>:$inputs,
                       Arg<Variadic<AnyMemRef>, "", [MemRead, MemWrite]>:$outputs, ArrayAttr:$input_rows, ArrayAttr:$output_rows, DenseI32ArrayAttr:$output_kinds);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `rows` $rows `ins` `(` ($inputs^ `:` type($inputs))? `)` `outs` `(` $outputs `:` type($outputs) `)` attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The rows that input (output) `k` reads (writes), empty if they are 0 .. rows-1.
    ::llvm::ArrayRef<int64_t> inputRows(unsigned k);
    ::llvm::ArrayRef<int64_t> outputRows(unsigned k);
    ::flowc::tile::OutputKind outputKind(unsigned k);
    /// Iterations 0 .. n-1, n .. 2n-1, ... write rows of their own, and may run at once; within such a group they are taken in order.
    int64_t iterationsInOrder();
    /// Whether there is no sample dimension: every buffer is uniform.
    bool isUniform();
  }];
}

def YieldOp : TileOp<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["MapOp", "GemmOp"]>]> {
  let summary = "the results of a map's or an epilogue's body";
  let description = [{
    One number per output of the `tile.map`, or the one result of a `tile.gemm`'s epilogue.

    ```mlir
    tile.yield %r, %se : f32, f32
    ```
  }];
  let arguments = (ins Variadic<AnyFloat>:$values);
  let builders = [OpBuilder<(ins), [{ /* no values */ }]>];
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

def GemmOp : TileOp<"gemm"> {
  let summary = "C (+)= A B (+ bias), and a scalar function of the result";
  let description = [{
    `c[m, n] = f(a[m, :] . b[:, n] + bias[m])`, or with `accumulate` `c[m, n] = f(c[m, n] + ...)`. `a` may have any strides (a
    transposed view is free); `b` and `c` are contiguous along n. f is the body: one block with one scalar argument, absent for
    the identity. Serves all three products of a linear layer: forward (a = W, b = samples), data gradient (a = W transposed),
    weight gradient (a = the result's adjoint, b = the transposed input, accumulating).

    ```mlir
    tile.gemm a(%w : memref<128x64xf32>) b(%x : memref<64x64xf32>) c(%h : memref<128x64xf32>) bias(%b : memref<128xf32>) {
    ^bb0(%v: f32):
      %zero = arith.constant 0.0 : f32
      %r = arith.maximumf %v, %zero : f32
      tile.yield %r : f32
    }
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$a, Arg<AnyMemRef, "", [MemRead]>:$b,
                       Arg<AnyMemRef, "", [MemRead, MemWrite]>:$c, Arg<Optional<AnyMemRef>, "", [MemRead]>:$bias,
                       UnitAttr:$accumulate);
  let regions = (region MaxSizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    (`accumulate` $accumulate^)? `a` `(` $a `:` type($a) `)` `b` `(` $b `:` type($b) `)` `c` `(` $c `:` type($c) `)`
    (`bias` `(` $bias^ `:` type($bias) `)`)? attr-dict-with-keyword ($epilogue^)?
  }];
  let hasVerifier = 1;
}

def SolveOp : TileOp<"solve"> {
  let summary = "triangular systems, one per sample, by substitution";
  let description = [{
    `x[i, n] = (y[i, n] - a[i, j] x[j, n] summed over j < i) / diagonal[i]`, rows from the first to the last; with `backward` over
    j > i, from the last to the first. `a` is n x n and may have any strides (a transposed view is free); without a `diagonal` nothing
    is divided. The rows of `y` may have any stride. `x` does not overlap `y`.

    ```mlir
    tile.solve backward a(%u : memref<3x3xf32>) diagonal(%d : memref<3xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x64xf32>)
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$a, Arg<Optional<AnyMemRef>, "", [MemRead]>:$diagonal,
                       Arg<AnyMemRef, "", [MemRead]>:$y, Arg<AnyMemRef, "", [MemRead, MemWrite]>:$x, UnitAttr:$backward);
  let assemblyFormat = [{
    (`backward` $backward^)? `a` `(` $a `:` type($a) `)` (`diagonal` `(` $diagonal^ `:` type($diagonal) `)`)?
    `y` `(` $y `:` type($y) `)` `x` `(` $x `:` type($x) `)` attr-dict
  }];
  let hasVerifier = 1;
}

def EliminateOp : TileOp<"eliminate"> {
  let summary = "the triangles of a matrix of every sample's own, by elimination without exchanges";
  let description = [{
    `matrix` has the elements of an n x n matrix in its n^2 rows, row by row. It is replaced by triangles L and U whose product it is: U on
    and above the diagonal, L below it, with ones on its own diagonal that are not written. No pivot may be 0.

    ```mlir
    tile.eliminate %m : memref<9x64xf32>
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead, MemWrite]>:$matrix);
  let assemblyFormat = "$matrix attr-dict `:` type($matrix)";
  let hasVerifier = 1;
}

def SubstituteOp : TileOp<"substitute"> {
  let summary = "systems with a matrix of every sample's own, of which the triangles are known";
  let description = [{
    `triangles` is what `tile.eliminate` leaves of n x n matrices M. `x` has `columns` vectors in its n * columns rows, element after element,
    and each is replaced by the vector that M takes to it; with `transposed`, the transpose of M.

    ```mlir
    tile.substitute transposed %m, %x columns 2 : memref<9x64xf32>, memref<6x64xf32>
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$triangles, Arg<AnyMemRef, "", [MemRead, MemWrite]>:$x, I64Attr:$columns,
                       UnitAttr:$transposed);
  let assemblyFormat = "(`transposed` $transposed^)? $triangles `,` $x `columns` $columns attr-dict `:` type($triangles) `,` type($x)";
  let hasVerifier = 1;
}

def TransposeOp : TileOp<"transpose"> {
  let summary = "out[s, r] = in[r, s]";
  let description = [{
    `input` is [R, T], `output` [T, C] with C >= R; the columns from R on, padding for whole vectors, become 0. The weight gradient of a
    linear layer reads its samples this way.

    ```mlir
    tile.transpose %x to %y : memref<3x64xf32> to memref<64x16xf32>
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead]>:$input, Arg<AnyMemRef, "", [MemWrite]>:$output);
  let assemblyFormat = "$input `to` $output attr-dict `:` type($input) `to` type($output)";
  let hasVerifier = 1;
}

def RepeatOp : TileOp<"repeat", [SingleBlock, NoTerminator]> {
  let summary = "tile ops that run again and again, until nothing changes";
  let description = [{
    Every round runs the body, which computes `next` from `current`, and moves `next` to `current`. It ends behind a round that has changed
    no number of `current`, and behind round `rounds`. A sample that has come to rest stays as it is however many rounds others
    need, so that its result does not depend on them.

    ```mlir
    tile.repeat %t to %next rounds 40 : memref<2x64xf32>, memref<2x64xf32> {
      tile.map rows 2 ins(%t : memref<2x64xf32>) outs(%next : memref<2x64xf32>)
               attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
      ^bb0(%e: f32):
        %h = math.cos %e : f32
        tile.yield %h : f32
      }
    }
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemRead, MemWrite]>:$current, Arg<AnyMemRef, "", [MemRead, MemWrite]>:$next,
                       I64Attr:$rounds);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$current `to` $next `rounds` $rounds attr-dict `:` type($current) `,` type($next) $body";
  let hasVerifier = 1;
}

def TableOp : TileOp<"table", [Symbol]> {
  let summary = "kernels that are called by their number";
  let description = [{
    A constant array of the addresses of kernels, for a caller that goes through them in order.

    ```mlir
    tile.table @flow_f32_segment_kernels [@flow_f32_segment_0, @flow_f32_segment_gradient_0]
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ArrayAttr:$kernels);
  let assemblyFormat = "$sym_name $kernels attr-dict";
}

def FillOp : TileOp<"fill"> {
  let summary = "sets every element of a buffer to a constant";
  let description = [{
    `value` is rounded to the buffer's element type. What sums are accumulated into starts with this.

    ```mlir
    tile.fill %x with 0.0 : memref<3x64xf32>
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "", [MemWrite]>:$output, F64Attr:$value);
  let assemblyFormat = "$output `with` $value attr-dict `:` type($output)";
  let hasVerifier = 1;
}

#endif
