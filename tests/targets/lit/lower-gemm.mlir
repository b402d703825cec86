// RUN: tile-opt --convert-tile-to-cpu="vector-bits=512 registers=32" --cse %s | FileCheck %s
// RUN: tile-opt --emit-asm znver4 0 %s | FileCheck %s --check-prefix=ZMM
// RUN: tile-opt --emit-asm skylake-avx512 0 %s | FileCheck %s --check-prefix=ZMM
// RUN: tile-opt --emit-asm x86-64-v3 0 %s | FileCheck %s --check-prefix=YMM
// RUN: tile-opt --emit-asm x86-64 0 %s | FileCheck %s --check-prefix=SSE

// Two sizes, one function; the last, masked vector of the second is another.
// CHECK-LABEL: @flow_f32_kernel
// CHECK:         call @[[GEMM:tile_gemm_0]](
// CHECK:         call @[[GEMM]](
// CHECK:         call @tile_gemm_1(
func.func @flow_f32_kernel(%w: memref<128x32xf32>, %x: memref<32x64xf32>, %b: memref<128xf32>, %h: memref<128x64xf32>,
                           %v: memref<16x32xf32>, %y: memref<32x67xf32>, %g: memref<16x67xf32>) {
  tile.gemm a(%w : memref<128x32xf32>) b(%x : memref<32x64xf32>) c(%h : memref<128x64xf32>)
  %z = memref.reinterpret_cast %g to offset: [0], sizes: [16, 64], strides: [67, 1]
      : memref<16x67xf32> to memref<16x64xf32, strided<[67, 1]>>
  tile.gemm a(%v : memref<16x32xf32>) b(%x : memref<32x64xf32>) c(%z : memref<16x64xf32, strided<[67, 1]>>)
  %y3 = memref.reinterpret_cast %y to offset: [64], sizes: [32, 3], strides: [67, 1]
      : memref<32x67xf32> to memref<32x3xf32, strided<[67, 1], offset: 64>>
  %g3 = memref.reinterpret_cast %g to offset: [64], sizes: [16, 3], strides: [67, 1]
      : memref<16x67xf32> to memref<16x3xf32, strided<[67, 1], offset: 64>>
  tile.gemm a(%v : memref<16x32xf32>) b(%y3 : memref<32x3xf32, strided<[67, 1], offset: 64>>)
            c(%g3 : memref<16x3xf32, strided<[67, 1], offset: 64>>)
  return
}

// Blocks of 6 rows x 4 vectors in registers over the whole of k.
// CHECK-LABEL: func.func private @tile_gemm_0
// CHECK:         %{{.*}}:24 = scf.for
// CHECK-COUNT-4:   llvm.load %{{.*}} : !llvm.ptr -> vector<16xf32>
// CHECK:           vector.broadcast
// CHECK-COUNT-24:  vector.fma
// CHECK:         %{{.*}}:16 = scf.for
// CHECK-LABEL: func.func private @tile_gemm_1
// CHECK:         llvm.intr.masked.load
// CHECK:         llvm.intr.masked.store

// ZMM: vfmadd231ps {{.*}}%zmm
// YMM-NOT: zmm
// YMM: vfmadd231ps {{.*}}%ymm
// YMM-NOT: zmm

// A machine without fused multiply-add must not call libm for it.
// SSE-NOT: fma
// SSE: mulps
// SSE-NOT: fma
