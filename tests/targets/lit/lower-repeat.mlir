// RUN: tile-opt --convert-tile-to-cpu=vector-bits=128 --cse %s | FileCheck %s

// A loop around the call that the body has become. Behind it the new point moves to the old one's place, vector by vector; the loop
// goes on while one of them has changed and rounds are left.
// CHECK-LABEL: func.func @flow_f32_kernel
// CHECK: scf.while
// CHECK-NEXT: func.call @tile_map_0
// CHECK: %[[CHANGED:.*]] = scf.for
// CHECK: scf.for
// CHECK: %[[NEW:.*]] = llvm.load %{{.*}} : !llvm.ptr -> vector<4xf32>
// CHECK: %[[OLD:.*]] = llvm.load %[[PLACE:.*]] {{.*}} : !llvm.ptr -> vector<4xf32>
// CHECK: llvm.store %[[NEW]], %[[PLACE]]
// CHECK: %[[DIFFERS:.*]] = arith.cmpf one, %[[NEW]], %[[OLD]]
// CHECK: arith.ori %{{.*}}, %[[DIFFERS]]
// CHECK: %[[ANY:.*]] = vector.reduction <or>, %[[CHANGED]]
// CHECK: %[[LEFT:.*]] = arith.cmpi slt
// CHECK: %[[ON:.*]] = arith.andi %[[ANY]], %[[LEFT]]
// CHECK: scf.condition(%[[ON]])
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
