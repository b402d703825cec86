// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s
// RUN: tile-opt --convert-tile-to-cuda=matmul=bf16 --cse %s | FileCheck --check-prefix=BF16 %s
// RUN: tile-opt --convert-tile-to-cuda=matmul=f32 --cse %s | FileCheck --check-prefix=EXACT %s

// Panels of a and b pass through shared memory in three stages; both products are one function.
// CHECK: llvm.mlir.global internal @tile_shared_panels_f32() {addr_space = 3 : i32, alignment = 16 : i64} : !llvm.array<4416 x f32>
// CHECK-LABEL: func.func @flow_f32_kernel_tile
// CHECK-COUNT-2: call @tile_gemm_0
func.func @flow_f32_kernel(%w: memref<5x3xf32>, %v: memref<7x5xf32>, %x: memref<3x64xf32>, %y: memref<7x64xf32>, %ws: memref<320xf32>) {
  %h = memref.reinterpret_cast %ws to offset: [0], sizes: [5, 64], strides: [64, 1]
      : memref<320xf32> to memref<5x64xf32, strided<[64, 1]>>
  tile.gemm a(%w : memref<5x3xf32>) b(%x : memref<3x64xf32>) c(%h : memref<5x64xf32, strided<[64, 1]>>)
  tile.gemm a(%v : memref<7x5xf32>) b(%h : memref<5x64xf32, strided<[64, 1]>>) c(%y : memref<7x64xf32>)
  return
}
// Two panels are on their way before the first is waited for; rows of b begin at 16 bytes, those of a do not.
// CHECK-LABEL: func.func private @tile_gemm_0
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 4, cache = ca
// CHECK: nvvm.cp.async.shared.global %{{.*}}, %{{.*}}, 16, cache = ca
// CHECK-COUNT-2: nvvm.cp.async.commit.group
// CHECK: scf.for
// CHECK: nvvm.cp.async.wait.group 1
// CHECK: gpu.barrier
// CHECK: nvvm.cp.async.commit.group
// Sixteen steps of k are two products for each of the two parts of a warp's columns.
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.convert.float.to.tf32
// CHECK-COUNT-4: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 8>
// CHECK-NOT: nvvm.mma.sync
// CHECK: gpu.barrier

// BF16-LABEL: func.func private @tile_gemm_0
// BF16: nvvm.convert.f32x2.to.bf16x2
// BF16-COUNT-2: nvvm.mma.sync {{.*}}shape = #nvvm.shape<m = 16, n = 8, k = 16>
// BF16-NOT: nvvm.mma.sync

// Exactly: one rounding a step.
// EXACT-NOT: nvvm.mma.sync
// EXACT-LABEL: func.func private @tile_gemm_0
// EXACT-COUNT-8: math.fma
// EXACT-NOT: nvvm.mma.sync
