// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Truth values are not kept in memory: x > 0 is asked again in the second loop, which runs after the sum.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK: tile.map rows 4
// CHECK: %[[C:.*]] = arith.cmpf ogt
// CHECK: arith.select %[[C]]
// CHECK: tile.map rows 4
// CHECK: %[[C:.*]] = arith.cmpf ogt
// CHECK: arith.select %[[C]]
// CHECK-NOT: xi1
flow.model @m features 4 attributes {staged = 0 : i64} {
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %zero = arith.constant dense<0.0> : tensor<4xf64>
    %c = arith.cmpf ogt, %x, %zero : tensor<4xf64>
    %a = arith.select %c, %x, %zero : tensor<4xi1>, tensor<4xf64>
    %d = flow.sum %a : tensor<4xf64> -> tensor<f64>
    %v = flow.splat %d : tensor<f64> -> tensor<4xf64>
    %y = arith.select %c, %v, %x : tensor<4xi1>, tensor<4xf64>
    return %y, %d : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
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
