// RUN: tile-opt --convert-tile-to-cpu=vector-bits=256 --cse %s | FileCheck %s

func.func @flow_f64_rows(%x: memref<5x64xf64>, %s: memref<1x64xf64>) {
  tile.map rows 5 ins(%x : memref<5x64xf64>) outs(%s : memref<1x64xf64>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 2>} {
  ^bb0(%v: f64):
    tile.yield %v : f64
  }
  return
}

func.func @flow_f64_samples(%x: memref<5x64xf64>, %s: memref<5xf64>) {
  tile.map rows 5 ins(%x : memref<5x64xf64>) outs(%s : memref<5xf64>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%v: f64):
    tile.yield %v : f64
  }
  return
}

// A sum over rows stays in a register over the inner loop, which is that of the rows.
// CHECK-LABEL: func.func private @tile_map_0
// CHECK:         scf.for
// CHECK:           %[[SUM:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (vector<4xf64>)
// CHECK:           arith.addf %{{.*}}, %[[SUM]]

// A sum over samples: lanes are added at the end, in halves.
// CHECK-LABEL: func.func private @tile_map_1
// CHECK:         scf.for
// CHECK:           %[[SUM:.*]] = scf.for {{.*}} iter_args({{.*}}) -> (vector<4xf64>)
// CHECK:           vector.shuffle %[[SUM]], %[[SUM]] [0, 1] : vector<4xf64>, vector<4xf64>
// CHECK:           vector.shuffle %[[SUM]], %[[SUM]] [2, 3]
// CHECK:           vector.shuffle {{.*}} [0] : vector<2xf64>, vector<2xf64>
