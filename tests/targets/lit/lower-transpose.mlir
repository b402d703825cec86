// RUN: tile-opt --convert-tile-to-cpu=vector-bits=128 --cse %s | FileCheck %s

func.func @flow_f32_kernel(%x: memref<7x64xf32>, %y: memref<64x16xf32>) {
  tile.transpose %x to %y : memref<7x64xf32> to memref<64x16xf32>
  return
}

// Whole blocks of 4 x 4 by two rounds of interleaving, then a masked one for the rest and the padding.
// CHECK-LABEL: func.func private @tile_transpose_0
// CHECK-COUNT-4: llvm.load %{{.*}} : !llvm.ptr -> vector<4xf32>
// CHECK-COUNT-4: vector.shuffle %{{.*}}, %{{.*}} [{{0, 4, 1, 5|2, 6, 3, 7}}]
// CHECK-COUNT-4: vector.shuffle
// CHECK-COUNT-4: llvm.store %{{.*}} : vector<4xf32>, !llvm.ptr
// CHECK-COUNT-4: llvm.intr.masked.load
// CHECK-COUNT-4: llvm.intr.masked.store
