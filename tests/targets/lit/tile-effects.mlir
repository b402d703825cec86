// RUN: tile-opt --canonicalize --cse %s | FileCheck %s

// A map has no results and a pure body: only the effects on its buffers keep it.
// CHECK-LABEL: @kept
func.func @kept(%x: memref<1x64xf32>) {
  // CHECK: tile.map
  tile.map rows 1 ins(%x : memref<1x64xf32>) outs(%x : memref<1x64xf32>)
           attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    %r = arith.addf %v, %v : f32
    tile.yield %r : f32
  }
  return
}
