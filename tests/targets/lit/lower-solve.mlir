// RUN: tile-opt --convert-tile-to-cpu=vector-bits=256 --cse %s | FileCheck %s

func.func @flow_f32_kernel(%a: memref<64x64xf32>, %d: memref<64xf32>, %y: memref<64x64xf32>, %x: memref<64x64xf32>) {
  tile.solve a(%a : memref<64x64xf32>) diagonal(%d : memref<64xf32>) y(%y : memref<64x64xf32>) x(%x : memref<64x64xf32>)
  tile.solve a(%a : memref<64x64xf32>) diagonal(%d : memref<64xf32>) y(%x : memref<64x64xf32>) x(%y : memref<64x64xf32>)
  return
}

// CHECK-LABEL: func.func @flow_f32_kernel
// CHECK-COUNT-2: call @tile_solve_0
// Three loops, whatever the size: samples in blocks of four vectors, rows, and the rows before. One function for both.
// CHECK-LABEL: func.func private @tile_solve_0
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr -> vector<8xf32>
// CHECK: scf.for
// CHECK: llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK-COUNT-4: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-4: arith.divf
// CHECK-COUNT-4: llvm.store
// CHECK-NOT: func.func private @tile_solve
