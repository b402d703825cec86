// RUN: tile-opt --convert-tile-to-cpu=vector-bits=512 --cse %s | FileCheck %s

// Two layers' equal maps at different places become calls of one function.
// CHECK-LABEL: @flow_f32_kernel
// CHECK:         call @[[MAP:tile_map_[0-9]+]](
// CHECK:         llvm.getelementptr inbounds %{{.*}}[%c128_i64]
// CHECK:         call @[[MAP]](
func.func @flow_f32_kernel(%x: memref<4x64xf32>, %u: memref<3xf32>, %ws: memref<512xf32>) {
  %y = memref.reinterpret_cast %ws to offset: [128], sizes: [4, 64], strides: [64, 1]
      : memref<512xf32> to memref<4x64xf32, strided<[64, 1], offset: 128>>
  tile.map rows 3 ins(%x, %u : memref<4x64xf32>, memref<3xf32>) outs(%x : memref<4x64xf32>)
      attributes {input_rows = [array<i64: 3, 2, 1>, array<i64>], output_rows = [array<i64: 0, 3, 1>],
                  output_kinds = array<i32: 0>} {
  ^bb0(%v: f32, %w: f32):
    %two = arith.constant 2.0 : f32
    %p = arith.mulf %v, %w : f32
    %r = arith.addf %p, %two : f32
    tile.yield %r : f32
  }
  tile.map rows 3 ins(%y, %u : memref<4x64xf32, strided<[64, 1], offset: 128>>, memref<3xf32>)
      outs(%y : memref<4x64xf32, strided<[64, 1], offset: 128>>)
      attributes {input_rows = [array<i64: 3, 2, 1>, array<i64>], output_rows = [array<i64: 0, 3, 1>],
                  output_kinds = array<i32: 0>} {
  ^bb0(%v: f32, %w: f32):
    %two = arith.constant 2.0 : f32
    %p = arith.mulf %v, %w : f32
    %r = arith.addf %p, %two : f32
    tile.yield %r : f32
  }
  return
}

// Rows outside, samples inside; the uniform input is loaded once a row. Row list 3, 2, 1 is arithmetic, 0, 3, 1 a table.
// CHECK:       func.func private @[[MAP]]
// CHECK-SAME:      llvm.linkage = #llvm.linkage<internal>
// CHECK:         scf.for %[[I:.*]] =
// CHECK:           arith.muli %[[I]], %c-1_i64
// CHECK:           %[[U:.*]] = llvm.load %{{.*}} : !llvm.ptr -> f32
// CHECK:           %[[UNIFORM:.*]] = vector.broadcast %[[U]] : f32 to vector<16xf32>
// CHECK:           llvm.load %{{.*}} : !llvm.ptr -> i64
// CHECK:           scf.for
// CHECK:             %[[V:.*]] = llvm.load %{{.*}} : !llvm.ptr -> vector<16xf32>
// CHECK:             %[[P:.*]] = arith.mulf %[[V]], %[[UNIFORM]] fastmath<contract> : vector<16xf32>
// CHECK:             arith.addf %[[P]], %{{.*}} fastmath<contract> : vector<16xf32>
// CHECK:             llvm.store %{{.*}} : vector<16xf32>, !llvm.ptr
