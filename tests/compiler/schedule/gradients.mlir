// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Once per step there are no samples: the gradient that has arrived is added to the parameter's, element by element.
// CHECK-LABEL: func.func @flow_f32_stage_adjoint(
// CHECK-SAME: %[[P:[a-z0-9]+]]: memref<4xf32>, %[[A:[a-z0-9]+]]: memref<48xf32>, %[[G:[a-z0-9]+]]: memref<4xf32>
// CHECK-DAG: %[[FROM:.*]] = memref.reinterpret_cast %[[A]] to offset: [32], sizes: [4], strides: [1]
// CHECK-DAG: %[[TO:.*]] = memref.reinterpret_cast %[[G]] to offset: [0], sizes: [4], strides: [1]
// CHECK: tile.map rows 4 ins(%[[FROM]] : {{.*}}) outs(%[[TO]] : {{.*}})
// CHECK-SAME: output_kinds = array<i32: 1>

// The gradients of matrices, summed over the samples of the tile, are products with the samples as their inner dimension:
// dA += g x^T and dB += h x^T. x is transposed once for both; neither matrix of one sample is ever made.
// The gradient of a vector is a sum over the samples, taken where the vector is computed.
// CHECK-LABEL: func.func @flow_f32_gradient(
// CHECK-SAME: %{{[a-z0-9]+}}: memref<48xf32>, %[[X:[a-z0-9]+]]: memref<4x16xf32>, %{{[a-z0-9]+}}: memref<1x16xf32>, %{{[a-z0-9]+}}: memref<1x16xf32>, %[[G:[a-z0-9]+]]: memref<48xf32> {tile.sums_over_samples}
// CHECK: memref.reinterpret_cast %[[G]] to offset: [32], sizes: [4], strides: [1]
// CHECK: tile.map rows 4
// CHECK-SAME: output_kinds = array<i32: {{[^>]*}}3
// CHECK: tile.transpose %{{.*}} to %{{.*}} : memref<4x16xf32, {{.*}}> to memref<16x4xf32, strided<[16, 1], offset: [[XT_AT:[0-9]+]]>>
// CHECK-NOT: tile.transpose
// CHECK: memref.reinterpret_cast %[[G]] to offset: [0], sizes: [4, 4], strides: [4, 1]
// CHECK: tile.gemm accumulate {{.*}} b(%{{.*}} : memref<16x4xf32, strided<[16, 1], offset: [[XT_AT]]>>)
// CHECK-NOT: tile.transpose
// CHECK: memref.reinterpret_cast %[[G]] to offset: [16], sizes: [4, 4], strides: [4, 1]
// CHECK: tile.gemm accumulate {{.*}} b(%{{.*}} : memref<16x4xf32, strided<[16, 1], offset: [[XT_AT]]>>)
// CHECK-NOT: tile.transpose
// CHECK: return
flow.model @m features 4 attributes {staged = 48 : i64} {
  flow.parameter @p : tensor<4xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @a : tensor<4x4xf64> at 0
  flow.staged @b : tensor<4x4xf64> at 16
  flow.staged @c : tensor<4xf64> at 32
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    %g = math.sin %x : tensor<4xf64>
    %h = math.cos %x : tensor<4xf64>
    %da = flow.outer %g, %x : tensor<4xf64>, tensor<4xf64> -> tensor<4x4xf64>
    flow.accumulate @a, %da : tensor<4x4xf64>
    %db = flow.outer %h, %x : tensor<4xf64>, tensor<4xf64> -> tensor<4x4xf64>
    flow.accumulate @b, %db : tensor<4x4xf64>
    flow.accumulate @c, %g : tensor<4xf64>
    return %w : tensor<f64>
  }
  func.func @stage_adjoint() {
    %g = flow.adjoint @c : tensor<4xf64>
    flow.accumulate @p, %g : tensor<4xf64>
    return
  }

  // The other kernels, which a model must have.
  func.func @stage() {
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
