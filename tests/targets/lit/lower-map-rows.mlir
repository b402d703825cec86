// RUN: tile-opt --convert-tile-to-cpu=vector-bits=512 --cse %s | FileCheck %s

// Rows 0, 2 and rows 1, 3 of one buffer: the function is the same, the caller begins a row later.
// CHECK-LABEL: @flow_f32_sides
// CHECK:         call @[[SIDE:tile_map_[0-9]+]](
// CHECK:         llvm.getelementptr inbounds %{{.*}}[%c64_i64]
// CHECK:         call @[[SIDE]](
func.func @flow_f32_sides(%x: memref<4x64xf32>, %y: memref<2x64xf32>) {
  tile.map rows 2 ins(%x : memref<4x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64: 0, 2>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  tile.map rows 2 ins(%x : memref<4x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64: 1, 3>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    %r = arith.mulf %v, %v : f32
    tile.yield %r : f32
  }
  return
}
