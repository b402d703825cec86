// RUN: tile-opt --convert-tile-to-cpu --tile-roll-calls %s | FileCheck %s

// Four levels: each multiplies what is there with two more rows of a matrix. They are one loop over a table of what differs, and what
// comes after them stays a call.

// CHECK: llvm.mlir.global internal constant @tile_rounds_0(dense<[
// CHECK-LABEL: func.func @flow_f32_levels
// CHECK: %[[TABLE:.*]] = llvm.mlir.addressof @tile_rounds_0
// CHECK: scf.for %[[ROUND:.*]] = %{{.*}} to %c4_i64{{.*}} step
// CHECK:   %[[AT:.*]] = arith.muli %[[ROUND]], %{{.*}} : i64
// CHECK:   %[[ROW:.*]] = llvm.getelementptr inbounds %[[TABLE]][%[[AT]]]
// CHECK:   %[[NUMBER:.*]] = llvm.load %[[ROW]] {{.*}} : !llvm.ptr -> i64
// CHECK:   llvm.getelementptr inbounds %{{.*}}[%[[NUMBER]]] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// CHECK:   call @tile_gemm_0(
// CHECK-NOT: call @tile_gemm
// CHECK: call @tile_fill
func.func @flow_f32_levels(%w: memref<40xf32>, %h: memref<640xf32>) {
  %h0 = memref.reinterpret_cast %h to offset: [0], sizes: [2, 64], strides: [64, 1]
      : memref<640xf32> to memref<2x64xf32, strided<[64, 1]>>
  %h1 = memref.reinterpret_cast %h to offset: [0], sizes: [4, 64], strides: [64, 1]
      : memref<640xf32> to memref<4x64xf32, strided<[64, 1]>>
  %h2 = memref.reinterpret_cast %h to offset: [0], sizes: [6, 64], strides: [64, 1]
      : memref<640xf32> to memref<6x64xf32, strided<[64, 1]>>
  %h3 = memref.reinterpret_cast %h to offset: [0], sizes: [8, 64], strides: [64, 1]
      : memref<640xf32> to memref<8x64xf32, strided<[64, 1]>>
  %w0 = memref.reinterpret_cast %w to offset: [0], sizes: [2, 2], strides: [2, 1]
      : memref<40xf32> to memref<2x2xf32, strided<[2, 1]>>
  %w1 = memref.reinterpret_cast %w to offset: [4], sizes: [2, 4], strides: [4, 1]
      : memref<40xf32> to memref<2x4xf32, strided<[4, 1], offset: 4>>
  %w2 = memref.reinterpret_cast %w to offset: [12], sizes: [2, 6], strides: [6, 1]
      : memref<40xf32> to memref<2x6xf32, strided<[6, 1], offset: 12>>
  %w3 = memref.reinterpret_cast %w to offset: [24], sizes: [2, 8], strides: [8, 1]
      : memref<40xf32> to memref<2x8xf32, strided<[8, 1], offset: 24>>
  %g0 = memref.reinterpret_cast %h to offset: [128], sizes: [2, 64], strides: [64, 1]
      : memref<640xf32> to memref<2x64xf32, strided<[64, 1], offset: 128>>
  %g1 = memref.reinterpret_cast %h to offset: [256], sizes: [2, 64], strides: [64, 1]
      : memref<640xf32> to memref<2x64xf32, strided<[64, 1], offset: 256>>
  %g2 = memref.reinterpret_cast %h to offset: [384], sizes: [2, 64], strides: [64, 1]
      : memref<640xf32> to memref<2x64xf32, strided<[64, 1], offset: 384>>
  %g3 = memref.reinterpret_cast %h to offset: [512], sizes: [2, 64], strides: [64, 1]
      : memref<640xf32> to memref<2x64xf32, strided<[64, 1], offset: 512>>
  tile.gemm a(%w0 : memref<2x2xf32, strided<[2, 1]>>) b(%h0 : memref<2x64xf32, strided<[64, 1]>>)
            c(%g0 : memref<2x64xf32, strided<[64, 1], offset: 128>>)
  tile.gemm a(%w1 : memref<2x4xf32, strided<[4, 1], offset: 4>>) b(%h1 : memref<4x64xf32, strided<[64, 1]>>)
            c(%g1 : memref<2x64xf32, strided<[64, 1], offset: 256>>)
  tile.gemm a(%w2 : memref<2x6xf32, strided<[6, 1], offset: 12>>) b(%h2 : memref<6x64xf32, strided<[64, 1]>>)
            c(%g2 : memref<2x64xf32, strided<[64, 1], offset: 384>>)
  tile.gemm a(%w3 : memref<2x8xf32, strided<[8, 1], offset: 24>>) b(%h3 : memref<8x64xf32, strided<[64, 1]>>)
            c(%g3 : memref<2x64xf32, strided<[64, 1], offset: 512>>)
  tile.fill %h0 with 0.0 : memref<2x64xf32, strided<[64, 1]>>
  return
}
