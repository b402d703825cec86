// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Element-wise ops of one row count are one loop: what they hand on to each other stays in registers, each input is read once, and a
// sum over the rows is taken on the way.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %{{[a-z0-9]+}}: memref<0xf32>, %[[X:.*]]: memref<4x16xf32>, %[[Y:.*]]: memref<4x16xf32>, %[[D:.*]]: memref<1x16xf32>, %{{.*}}: memref<{{[0-9]+}}xf32>)
// CHECK: tile.fill %{{.*}} with 0.0{{.*}} : memref<1x16xf32
// CHECK: tile.map rows 4 ins(%{{[a-z_0-9]+}} : memref<4x16xf32, {{[^)]*}}) outs(%{{.*}} : memref<1x16xf32, {{.*}}>, memref<4x16xf32, {{.*}}>)
// CHECK-SAME: output_kinds = array<i32: 2, 0>
// CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
// CHECK-NEXT: %[[A:.*]] = math.exp %[[E]]
// CHECK-NEXT: %[[B:.*]] = arith.addf %[[A]], %[[E]]
// CHECK-NEXT: tile.yield %[[A]], %[[B]]
// CHECK-NOT: tile.
// CHECK: return

// Elements of other rows are read and written where they are, by row lists: y[0, 2] = x[1, 3] and y[3, 1] = e^x[0, 2]. Nothing is
// moved on its own.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: tile.map rows 2
// CHECK-SAME: input_rows = [array<i64: 0, 2>, array<i64: 1, 3>]
// CHECK-SAME: output_rows = [array<i64: 0, 2>, array<i64: 3, 1>]
// CHECK-NEXT: ^bb0(%[[B:.*]]: f32, %[[A:.*]]: f32):
// CHECK-NEXT: %[[E:.*]] = math.exp %[[B]]
// CHECK-NEXT: tile.yield %[[A]], %[[E]]
// CHECK-NOT: tile.map rows 2

// A sum must be whole before it is used: two loops, the second of which reads its one row for every row.
// CHECK-LABEL: func.func @flow_f32_sample(
// CHECK: tile.fill
// CHECK: tile.map rows 4
// CHECK-SAME: output_kinds = array<i32: 2>
// CHECK: tile.map rows 4
// CHECK-SAME: input_rows = [array<i64>, array<i64: 0, 0, 0, 0>]
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32, %[[S:.*]]: f32):
// CHECK-NEXT: %[[Q:.*]] = arith.divf %[[X]], %[[S]]
// CHECK: tile.yield %[[Q]]

// Without rows there is nothing to do.
// CHECK-LABEL: func.func @flow_f32_probe(
// CHECK-SAME: memref<0x16xf32>
// CHECK-NOT: tile.
// CHECK: return
flow.model @m features 4 attributes {staged = 0 : i64} {
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %a = math.exp %x : tensor<4xf64>
    %b = arith.addf %a, %x : tensor<4xf64>
    %d = flow.sum %a : tensor<4xf64> -> tensor<f64>
    return %b, %d : tensor<4xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %a = flow.extract %x [1, 3] : tensor<4xf64> -> tensor<2xf64>
    %b = flow.extract %x [0, 2] : tensor<4xf64> -> tensor<2xf64>
    %e = math.exp %b : tensor<2xf64>
    %y = flow.merge(%a, %e) [array<i64: 0, 2>, array<i64: 3, 1>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %e = math.exp %x : tensor<4xf64>
    %s = flow.sum %e : tensor<4xf64> -> tensor<f64>
    %v = flow.splat %s : tensor<f64> -> tensor<4xf64>
    %q = arith.divf %x, %v : tensor<4xf64>
    return %q, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %a = flow.extract %x [] : tensor<4xf64> -> tensor<0xf64>
    %e = math.exp %a : tensor<0xf64>
    return %e : tensor<0xf64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
