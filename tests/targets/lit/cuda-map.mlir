// RUN: tile-opt --convert-tile-to-cuda=threads=128 --cse %s | FileCheck %s

// A function becomes a gpu.module with a kernel over many tiles and what it calls for each of them.

// Rows and samples are shared, samples fastest. Where a barrier is needed it stands between the calls.
// CHECK-LABEL: func.func private @tile_map_0
// CHECK: %[[THREAD:.*]] = arith.index_cast %thread_id_x
// CHECK: %[[COUNT:.*]] = arith.muli %{{.*}}, %c64_i64
// CHECK: scf.for %[[PLACE:.*]] = %[[THREAD]] to %[[COUNT]] step %c128_i64
// CHECK:   arith.divui %[[PLACE]], %c64_i64
// CHECK:   arith.remui %[[PLACE]], %c64_i64
// CHECK-COUNT-2: llvm.load %{{.*}} : !llvm.ptr<1> -> f32
// CHECK:   arith.mulf %{{.*}} fastmath<contract> : f32
// CHECK:   llvm.store
// CHECK-NOT: gpu.barrier
// CHECK: return

// What is per tile moves with the tile, the workspace (320 numbers) with the block; the weights stay.
// CHECK-LABEL: gpu.func @flow_f32_kernel(
// CHECK-SAME: %[[W:[a-z0-9]+]]: !llvm.ptr<1>, %[[X:[a-z0-9]+]]: !llvm.ptr<1>, %[[Y:[a-z0-9]+]]: !llvm.ptr<1>, %[[WS:[a-z0-9]+]]: !llvm.ptr<1>, %[[TILES:[a-z0-9]+]]: i64) kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK: gpu.block_id x
// CHECK: gpu.grid_dim x
// CHECK: %[[OWN:.*]] = llvm.getelementptr inbounds %[[WS]]
// CHECK: scf.for
// CHECK: call @flow_f32_kernel_tile(%[[W]], %{{.*}}, %{{.*}}, %[[OWN]])
func.func @flow_f32_kernel(%w: memref<5xf32>, %x: memref<5x64xf32>, %y: memref<5x64xf32>, %ws: memref<320xf32>) {
  tile.map rows 5 ins(%x, %w : memref<5x64xf32>, memref<5xf32>) outs(%y : memref<5x64xf32>)
      attributes {input_rows = [array<i64>, array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32, %b: f32):
    %m = arith.mulf %a, %b : f32
    tile.yield %m : f32
  }
  return
}
