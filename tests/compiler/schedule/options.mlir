// RUN: flow-opt %s --flow-schedule="tile=32 dtype=f32" | FileCheck %s --check-prefixes=F32 --implicit-check-not=f64
// RUN: flow-opt %s --flow-schedule="tile=32 dtype=f64" | FileCheck %s --check-prefixes=F64 --implicit-check-not=f32
// RUN: flow-opt %s --flow-schedule="tile=32 dtype=both" | FileCheck %s --check-prefixes=F32,F64

// Every kernel of the interface, once per element type that is asked for, over a tile of the size that is asked for. Of the model
// nothing is left.
// F32: @flow_f32_info : memref<13xi64> = dense<[{{[0-9]+}}, 32, 4, 0, 0, 0, 0, 0, 0, 0, 32, 4, 16]>
// F32: func.func @flow_f32_stage(%{{.*}}: memref<0xf32>, %{{.*}}: memref<0xf32>, %{{.*}}: memref<0xf32>)
// F32: func.func @flow_f32_stage_adjoint(
// F32: func.func @flow_f32_to_latent({{.*}}: memref<4x32xf32>, %{{.*}}: memref<4x32xf32>, %{{.*}}: memref<1x32xf32>,
// F32: func.func @flow_f32_to_data(
// F32: func.func @flow_f32_log_prob(
// F32: func.func @flow_f32_sample(
// F32: func.func @flow_f32_gradient(
// F32: func.func @flow_f32_probe(
// F32: func.func @flow_f32_start(
// F32-NOT: flow.model
// F64: @flow_f64_info : memref<13xi64> = dense<[{{[0-9]+}}, 32, 4, 0, 0, 0, 0, 0, 0, 0, 32, 4, 16]>
// F64: func.func @flow_f64_stage(
// F64: func.func @flow_f64_to_latent({{.*}}: memref<4x32xf64>
// F64: func.func @flow_f64_start(
// F64-NOT: flow.model
flow.model @m features 4 attributes {staged = 0 : i64} {

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
