// RUN: tile-opt --convert-tile-to-cuda --cse %s | FileCheck %s

// Sums over samples: a warp a row, every 32nd sample a lane, then five shuffles.
// CHECK-LABEL: func.func private @tile_map_0
// CHECK: scf.for
// CHECK:   scf.for
// CHECK:   gpu.shuffle{{ +}}xor %{{.*}}, %c16_i32, %c32_i32 : f32
// CHECK-COUNT-4: gpu.shuffle
// CHECK-NOT: gpu.shuffle
// CHECK:   scf.if

// Sums over rows stay in the thread that owns the sample.
// CHECK-LABEL: func.func private @tile_map_1
// CHECK: scf.for %{{.*}} = %{{.*}} to %c64_i64
// CHECK:   scf.for {{.*}} iter_args
// CHECK-NOT: gpu.shuffle

// A kernel with sums over samples takes chunks of tiles, each with sums of its own that it adds to; a second one adds them up.
// CHECK-LABEL: gpu.func @flow_f32_kernel(
// CHECK-SAME: %[[TILES:[a-z0-9]+]]: i64, %[[CHUNKS:[a-z0-9]+]]: i64) kernel
// CHECK: scf.for %[[CHUNK:[a-z0-9]+]] = %{{.*}} to %[[CHUNKS]]
// CHECK:   scf.for %{{.*}} = %[[CHUNK]] to %[[TILES]] step %[[CHUNKS]]
// CHECK:     func.call @flow_f32_kernel_tile
// CHECK-LABEL: gpu.func @flow_f32_kernel_reduce(%{{.*}}: !llvm.ptr<1>, %{{.*}}: i64) kernel
func.func @flow_f32_kernel(%x: memref<5x64xf32>, %density: memref<1x64xf32>, %sums: memref<5xf32> {tile.sums_over_samples}, %ws: memref<16xf32>) {
  tile.map rows 5 ins(%x : memref<5x64xf32>) outs(%sums : memref<5xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  tile.map rows 5 ins(%x : memref<5x64xf32>) outs(%density : memref<1x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 2>} {
  ^bb0(%a: f32):
    tile.yield %a : f32
  }
  return
}
