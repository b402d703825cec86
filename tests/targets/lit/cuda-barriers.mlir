// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s

// A barrier stands where a number may go from one thread to another, and behind all: a product has its own.
// CHECK-LABEL: func.func @flow_f32_kernel_tile
// CHECK-NOT: gpu.barrier
// The map reads what the fill of another buffer does not touch, and the second map what the same threads have written.
// CHECK: call @tile_fill_0
// CHECK-NEXT: call @tile_map_1
// CHECK-NEXT: call @tile_map_1
// Rows that others have written:
// CHECK-NEXT: gpu.barrier
// CHECK: call @tile_map_2
// CHECK-NOT: gpu.barrier
// CHECK: call @tile_gemm_3
// What the product has written:
// CHECK: gpu.barrier
// CHECK: call @tile_map_1
// CHECK-NEXT: gpu.barrier
// CHECK-NEXT: return
func.func @flow_f32_kernel(%w: memref<4x4xf32>, %x: memref<4x64xf32>, %y: memref<4x64xf32>, %z: memref<4x64xf32>, %u: memref<4x64xf32>) {
  tile.fill %u with 0.0 : memref<4x64xf32>
  tile.map rows 4 ins(%x : memref<4x64xf32>) outs(%y : memref<4x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  tile.map rows 4 ins(%y : memref<4x64xf32>) outs(%u : memref<4x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  tile.map rows 4 ins(%u : memref<4x64xf32>) outs(%z : memref<4x64xf32>)
      attributes {input_rows = [array<i64: 1, 0, 3, 2>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  tile.gemm a(%w : memref<4x4xf32>) b(%z : memref<4x64xf32>) c(%y : memref<4x64xf32>)
  tile.map rows 4 ins(%y : memref<4x64xf32>) outs(%u : memref<4x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}
