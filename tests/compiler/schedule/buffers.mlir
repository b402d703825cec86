// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// The workspace holds what lives at once: of h1 = W x, h2 = W h1, h3 = W h2 and y = W h3, h3 takes the place of h1. Two buffers of
// 4 x 16 instead of three; flow_info says so too.
// CHECK: @flow_f32_info : memref<13xi64> = dense<[{{[0-9]+}}, 16, 4, 0, 16, 128, 0, 0, 0, 0, 16, 4, 16]>
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %arg4: memref<128xf32>)
// CHECK: %[[H1:.*]] = memref.reinterpret_cast %arg4 to offset: [0], sizes: [4, 16]
// CHECK: tile.gemm {{.*}} c(%[[H1]] :
// CHECK: %[[H2:.*]] = memref.reinterpret_cast %arg4 to offset: [64], sizes: [4, 16]
// CHECK: tile.gemm {{.*}} c(%[[H2]] :
// CHECK: %[[H3:.*]] = memref.reinterpret_cast %arg4 to offset: [0], sizes: [4, 16]
// CHECK: tile.gemm {{.*}} c(%[[H3]] :
// CHECK: tile.gemm

// h1 is needed to the end: nothing may take its place.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: %[[H1:.*]] = memref.reinterpret_cast %arg4 to offset: [0], sizes: [4, 16]
// CHECK: tile.gemm {{.*}} c(%[[H1]] :
// CHECK: %[[H2:.*]] = memref.reinterpret_cast %arg4 to offset: [64], sizes: [4, 16]
// CHECK: tile.gemm {{.*}} c(%[[H2]] :
// CHECK: memref.reinterpret_cast %arg4 to offset: [0], sizes: [4, 16]
// CHECK: memref.reinterpret_cast %arg4 to offset: [64], sizes: [4, 16]
// CHECK: tile.map rows 4
flow.model @m features 4 attributes {staged = 16 : i64} {
  flow.staged @w : tensor<4x4xf64> at 0
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %a = flow.matvec %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %b = flow.matvec %w, %a : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %c = flow.matvec %w, %b : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %y = flow.matvec %w, %c : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %a = flow.matvec %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %b = flow.matvec %w, %a : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %y = arith.mulf %a, %b : tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
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
