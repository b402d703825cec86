// RUN: split-file %s %t
// RUN: flow-opt %t/large.mlir --flow-schedule="dtype=f32 batch=1024 processors=2" | FileCheck %s --check-prefix=LARGE
// RUN: flow-opt %t/large.mlir --flow-schedule="dtype=f32 batch=256 processors=2" | FileCheck %s --check-prefix=FEW
// RUN: flow-opt %t/small.mlir --flow-schedule="dtype=f32 batch=1024 processors=2" | FileCheck %s --check-prefix=SMALL
// RUN: flow-opt %t/large.mlir --flow-schedule="dtype=f32 batch=1024 tile=32" | FileCheck %s --check-prefix=ASKED

// How training is cut is chosen from the size of the staged vector, the batch and the machine: the last three numbers are the tile of its
// kernels, the tiles to a sum, and the least number of sums. Ten megabytes of weights pay for tiles of 256 rows, if every thread gets one
// of a batch; all other kernels keep theirs.
// LARGE: @flow_f32_info : {{.*}} dense<[{{[0-9]+}}, 64, {{.*}}, 256, {{[0-9]+}}, 2]>
// LARGE: func.func @flow_f32_log_prob({{.*}}: memref<4x64xf32>
// LARGE: func.func @flow_f32_gradient({{.*}}: memref<4x256xf32>, %{{.*}}: memref<1x256xf32>
// LARGE: func.func @flow_f32_probe({{.*}}: memref<4x64xf32>
// FEW: @flow_f32_info : {{.*}} dense<[{{[0-9]+}}, 64, {{.*}}, 128, {{[0-9]+}}, 2]>
// SMALL: @flow_f32_info : {{.*}} dense<[{{[0-9]+}}, 64, {{.*}}, 64, {{[0-9]+}}, 2]>
// SMALL: func.func @flow_f32_gradient({{.*}}: memref<4x64xf32>
// ASKED: @flow_f32_info : {{.*}} dense<[{{[0-9]+}}, 32, {{.*}}, 32, {{[0-9]+}}, {{[0-9]+}}]>
// ASKED: func.func @flow_f32_gradient({{.*}}: memref<4x32xf32>
//--- large.mlir
flow.model @m features 4 attributes {staged = 2500000 : i64} {
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
//--- small.mlir
flow.model @m features 4 attributes {staged = 5000 : i64} {
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
