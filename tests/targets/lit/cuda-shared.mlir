// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s
// RUN: tile-opt --convert-tile-to-cuda=chip=sm_86 --cse %s | FileCheck --check-prefix=SMALL %s

// Buffers of the workspace lie in shared memory as far as there is room: of two that are used as often the first. It has rows of 72 numbers
// there: 128 x 72 x 4 bytes.
// CHECK: llvm.mlir.global external @flow_activations() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<0 x i8>
// CHECK-LABEL: func.func @flow_f32_kernel_tile
// CHECK-SAME: (%[[W:.*]]: !llvm.ptr<1>, %[[X:.*]]: !llvm.ptr<1>, %[[Y:.*]]: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<1>)
// CHECK: %[[SHARED:.*]] = llvm.mlir.addressof @flow_activations : !llvm.ptr<3>
// CHECK: call @tile_gemm_0(%[[W]], %[[X]], %[[SHARED]]
// A factor that lies there is multiplied there, by another function; only panels of the other one are copied.
// CHECK: call @tile_gemm_1(%[[W]], %[[SHARED]], {{.*}} : (!llvm.ptr<1>, !llvm.ptr<3>, !llvm.ptr<1>,
// CHECK: call @tile_gemm_2(%[[W]], %{{.*}}, %[[Y]], {{.*}} : (!llvm.ptr<1>, !llvm.ptr<1>, !llvm.ptr<1>,
// CHECK-LABEL: func.func private @tile_gemm_1(%{{.*}}: !llvm.ptr<1>, %{{.*}}: !llvm.ptr<3>, %{{.*}}: !llvm.ptr<1>,
// CHECK-COUNT-6: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = ca
// CHECK-NOT: nvvm.cp.async.shared.global
// CHECK: nvvm.mma.sync
// CHECK: gpu.func @flow_f32_kernel({{.*}} kernel attributes {flow.activation_bytes = 36864 : i64

// Where two blocks share less memory there is no room for either.
// SMALL-NOT: flow_activations
func.func @flow_f32_kernel(%w: memref<128x128xf32>, %x: memref<128x64xf32>, %y: memref<128x64xf32>, %ws: memref<16384xf32>) {
  %h = memref.reinterpret_cast %ws to offset: [0], sizes: [128, 64], strides: [64, 1] {tile.buffer = 4 : i64}
      : memref<16384xf32> to memref<128x64xf32, strided<[64, 1]>>
  %g = memref.reinterpret_cast %ws to offset: [8192], sizes: [128, 64], strides: [64, 1] {tile.buffer = 5 : i64}
      : memref<16384xf32> to memref<128x64xf32, strided<[64, 1], offset: 8192>>
  tile.gemm a(%w : memref<128x128xf32>) b(%x : memref<128x64xf32>) c(%h : memref<128x64xf32, strided<[64, 1]>>)
  tile.gemm a(%w : memref<128x128xf32>) b(%h : memref<128x64xf32, strided<[64, 1]>>) c(%g : memref<128x64xf32, strided<[64, 1], offset: 8192>>)
  tile.gemm a(%w : memref<128x128xf32>) b(%g : memref<128x64xf32, strided<[64, 1], offset: 8192>>) c(%y : memref<128x64xf32>)
  return
}
