// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// The gradient of a matrix of one column, or of one row, is a vector times a number, summed over the samples where that is computed:
// no product, and nothing is transposed.
// CHECK-LABEL: func.func @flow_f32_gradient(
// CHECK-NOT: tile.gemm
// CHECK-NOT: tile.transpose
// CHECK: tile.map rows 4
// CHECK-SAME: output_kinds = array<i32: 3, 3>
// CHECK: arith.mulf
// CHECK: arith.mulf
// CHECK-NOT: tile.gemm
// CHECK-NOT: tile.transpose
// CHECK: return
flow.model @m features 4 attributes {staged = 32 : i64} {
  flow.staged @column : tensor<4x1xf64> at 0
  flow.staged @row : tensor<1x4xf64> at 16
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    %one = flow.extract %x [2] : tensor<4xf64> -> tensor<1xf64>
    %a = flow.outer %x, %one : tensor<4xf64>, tensor<1xf64> -> tensor<4x1xf64>
    flow.accumulate @column, %a : tensor<4x1xf64>
    %b = flow.outer %one, %x : tensor<1xf64>, tensor<4xf64> -> tensor<1x4xf64>
    flow.accumulate @row, %b : tensor<1x4xf64>
    return %w : tensor<f64>
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
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
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
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
