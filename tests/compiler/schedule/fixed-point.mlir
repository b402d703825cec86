// RUN: flow-opt %s --flow-schedule="tile=16 dtype=both" | FileCheck %s

// A fixed point is a loop of nodes of its own: what it takes from outside (h) is in memory before, and its rounds are as many as the rate
// and the precision need, with 10 bits to spare: 45 for the 33 bits of f32, 85 for the 62 of f64.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: tile.map rows 4
// CHECK: math.exp
// CHECK: tile.repeat %{{.*}} to %[[NEXT:.*]] rounds 45 : memref<4x16xf32, {{.*}}>, memref<4x16xf32, {{.*}}> {
// CHECK: tile.gemm
// CHECK: tile.map rows 4
// CHECK: math.tanh
// CHECK: }
// CHECK-LABEL: func.func @flow_f64_to_data(
// CHECK: tile.repeat %{{.*}} to %{{.*}} rounds 85 :
flow.model @m features 4 attributes {staged = 16 : i64} {
  flow.staged @w : tensor<4x4xf64> at 0
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %h = math.exp %x : tensor<4xf64>
    %y = flow.fixed_point %x {rate = 0.6 : f64} : tensor<4xf64> {
    ^bb0(%t: tensor<4xf64>):
      %p = flow.matvec %w, %t : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
      %q = arith.addf %p, %h : tensor<4xf64>
      %u = math.tanh %q : tensor<4xf64>
      %next = arith.subf %x, %u : tensor<4xf64>
      flow.yield %next : tensor<4xf64>
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
