// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Kernels that run once per step have one number per row. `stage` reads parameters and writes staged values at their offsets;
// different numbers of a constant are a table of the module.
// CHECK: memref.global "private" constant @[[TABLE:table.[0-9]+]] : memref<4xf32> = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]>
// CHECK-LABEL: func.func @flow_f32_stage(
// CHECK-SAME: %[[P:[a-z0-9]+]]: memref<6xf32>, %[[S:[a-z0-9]+]]: memref<32xf32>
// CHECK-DAG: %[[Q:.*]] = memref.reinterpret_cast %[[P]] to offset: [2], sizes: [4], strides: [1]
// CHECK-DAG: %[[T:.*]] = memref.get_global @[[TABLE]]
// CHECK-DAG: memref.reinterpret_cast %[[T]] to offset: [0], sizes: [4]
// CHECK-DAG: %[[OUT:.*]] = memref.reinterpret_cast %[[S]] to offset: [16], sizes: [4], strides: [1]
// CHECK: tile.map rows 4 {{.*}} outs(%[[OUT]] :
// CHECK: arith.mulf
// CHECK: return

// `start` writes the parameters themselves.
// CHECK-LABEL: func.func @flow_f32_start(
// CHECK-SAME: %[[M:[a-z0-9]+]]: memref<4xf32>, %{{[a-z0-9]+}}: memref<4xf32>, %[[P:[a-z0-9]+]]: memref<6xf32>
// CHECK-DAG: %[[FROM:.*]] = memref.reinterpret_cast %[[M]] to offset: [0], sizes: [4]
// CHECK-DAG: %[[TO:.*]] = memref.reinterpret_cast %[[P]] to offset: [2], sizes: [4]
// CHECK: tile.map rows 4 ins(%[[FROM]] : {{.*}}) outs(%[[TO]] :
// CHECK: math.log
flow.model @m features 4 attributes {staged = 32 : i64} {
  flow.parameter @p : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @q : tensor<4xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @s : tensor<4xf64> at 16
  func.func @stage() {
    %c = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf64>
    %q = flow.read @q : tensor<4xf64>
    %r = arith.mulf %q, %c : tensor<4xf64>
    flow.store @s, %r : tensor<4xf64>
    return
  }
  func.func @start(%mean: tensor<4xf64>, %deviation: tensor<4xf64>) {
    %l = math.log %mean : tensor<4xf64>
    flow.store @q, %l : tensor<4xf64>
    return
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<4xf64> {
    return %x : tensor<4xf64>
  }

  // The other kernels, which a model must have.
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
}
