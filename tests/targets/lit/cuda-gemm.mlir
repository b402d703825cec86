// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s

// Parts of a and b pass through shared memory; both products are one function.
// CHECK-DAG: llvm.mlir.global internal @tile_shared_a_f32() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<528 x f32>
// CHECK-DAG: llvm.mlir.global internal @tile_shared_b_f32() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<1024 x f32>
// CHECK-LABEL: func.func @flow_f32_kernel_tile
// CHECK-COUNT-2: call @tile_gemm_0
func.func @flow_f32_kernel(%w: memref<5x3xf32>, %v: memref<7x5xf32>, %x: memref<3x64xf32>, %y: memref<7x64xf32>, %ws: memref<320xf32>) {
  %h = memref.reinterpret_cast %ws to offset: [0], sizes: [5, 64], strides: [64, 1]
      : memref<320xf32> to memref<5x64xf32, strided<[64, 1]>>
  tile.gemm a(%w : memref<5x3xf32>) b(%x : memref<3x64xf32>) c(%h : memref<5x64xf32, strided<[64, 1]>>)
  tile.gemm a(%v : memref<7x5xf32>) b(%h : memref<5x64xf32, strided<[64, 1]>>) c(%y : memref<7x64xf32>)
  return
}
// Each step of k is 16 products of four numbers and four, each with one rounding.
// CHECK-LABEL: func.func private @tile_gemm_0
// CHECK: llvm.store %{{.*}} : f32, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK-COUNT-8: llvm.load %{{.*}} : !llvm.ptr<3> -> f32
// CHECK-COUNT-16: math.fma
// CHECK: gpu.barrier
