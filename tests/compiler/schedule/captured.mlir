// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// What follows a product inside of a root's body stays there: only an op beside the product may become its epilogue.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: tile.gemm {{.*}} c(%[[H:[a-z_0-9]+]] :
// CHECK-NOT: ^bb0
// CHECK: tile.map rows 4
// CHECK-NEXT: ^bb0(%[[S:.*]]: f32, %[[Z:.*]]: f32):
// CHECK-NEXT: flow.root %[[Z]]
// CHECK-NEXT: ^bb0(%[[T:.*]]: f32):
// CHECK: %[[E:.*]] = math.exp %[[S]]
// CHECK: arith.mulf %[[T]], %[[E]]
flow.model @m features 4 attributes {staged = 16 : i64} {
  flow.staged @w : tensor<4x4xf64> at 0
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %h = flow.matvec %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %y = flow.root %x {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<4xf64> {
    ^bb0(%t: tensor<4xf64>):
      %e = math.exp %h : tensor<4xf64>
      %f = arith.mulf %t, %e : tensor<4xf64>
      flow.yield %f, %e : tensor<4xf64>, tensor<4xf64>
    }
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
