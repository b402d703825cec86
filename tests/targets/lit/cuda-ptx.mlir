// RUN: tile-opt --emit-ptx sm_80 128 %s | FileCheck %s
// RUN: tile-opt --emit-ptx sm_80 128 %s | FileCheck --check-prefix=MAP %s
// RUN: tile-opt --emit-ptx sm_90 256 %s | FileCheck --check-prefix=NEWER %s
// RUN: not tile-opt --emit-ptx sm_7 128 %s 2>&1 | FileCheck --check-prefix=UNKNOWN %s
// RUN: not tile-opt --emit-ptx sm_80 100 %s 2>&1 | FileCheck --check-prefix=THREADS %s

// No library is called, fused operations are one instruction, and all memory is known to be global or shared.
// CHECK-NOT: .extern
// CHECK: .target sm_80
// CHECK-NOT: .extern
// CHECK: .visible .entry flow_f32_kernel(
// CHECK-NEXT: .param .u64 .ptr .global
// CHECK: .maxntid 128
// CHECK-NOT: .extern
// MAP: .func tile_map_0({{$}}
// MAP: {{^}}{
// MAP: ld.global.b32
// MAP: fma.rn.f32
// MAP: shfl.sync.bfly.b32
// NEWER: .target sm_90
// NEWER: .maxntid 256
// UNKNOWN: unknown GPU `sm_7`; expected a name that LLVM knows, such as `sm_80`
// THREADS: a block of 100 threads; expected 64, 128 or 256
func.func @flow_f32_kernel(%x: memref<5x64xf32>, %sums: memref<5xf32> {tile.sums_over_samples}, %ws: memref<16xf32>) {
  tile.map rows 5 ins(%x : memref<5x64xf32>) outs(%sums : memref<5xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%a: f32):
    %e = math.exp %a : f32
    tile.yield %e : f32
  }
  return
}
