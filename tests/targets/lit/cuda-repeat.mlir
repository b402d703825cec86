// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s

// All threads go round together: each warp's vote goes through shared memory, and all read all votes.
// CHECK-LABEL: func.func @flow_f32_kernel_tile
// CHECK: scf.while
// CHECK-NEXT: func.call @tile_map_0
// CHECK: gpu.barrier
// CHECK: %[[CHANGED:.*]] = func.call @tile_advance_1
// CHECK: gpu.barrier
// CHECK: %[[LEFT:.*]] = arith.cmpi slt
// CHECK: %[[ON:.*]] = arith.andi %[[CHANGED]], %[[LEFT]]
// CHECK: scf.condition(%[[ON]])
// CHECK-LABEL: func.func private @tile_advance_1({{.*}}) -> i1
// CHECK: arith.cmpf one
// CHECK-COUNT-5: gpu.shuffle
// CHECK: llvm.store %{{.*}} : i32, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr<3> -> i32
func.func @flow_f32_kernel(%t: memref<2x64xf32>, %next: memref<2x64xf32>) {
  tile.repeat %t to %next rounds 40 : memref<2x64xf32>, memref<2x64xf32> {
    tile.map rows 2 ins(%t : memref<2x64xf32>) outs(%next : memref<2x64xf32>)
             attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
    ^bb0(%e: f32):
      %h = math.cos %e : f32
      tile.yield %h : f32
    }
  }
  return
}
