// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// A 1 x 2 x 3 image's neighbors to the right are columns of the image itself, and 0 at the end of each row: the product reads them where
// they lie, a product for each row, and adds to what is there. Nothing is copied.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %{{[a-z0-9]+}}: memref<32xf32>, %[[X:[a-z0-9]+]]: memref<6x16xf32>
// CHECK: %[[C:.*]] = memref.reinterpret_cast %[[W:arg[0-9]+]] to offset: [0], sizes: [6, 16]
// CHECK-NEXT: tile.fill %[[C]] with 0
// CHECK-NOT: tile.map rows 6
// CHECK-DAG: %[[B0:.*]] = memref.reinterpret_cast %[[X]] to offset: [16], sizes: [1, 32], strides: [96, 1]
// CHECK-DAG: %[[C0:.*]] = memref.reinterpret_cast %[[W]] to offset: [0], sizes: [1, 32], strides: [96, 1]
// CHECK: tile.gemm accumulate a(%{{.*}}) b(%[[B0]] : {{.*}}) c(%[[C0]] :
// CHECK-DAG: %[[B1:.*]] = memref.reinterpret_cast %[[X]] to offset: [64], sizes: [1, 32], strides: [96, 1]
// CHECK-DAG: %[[C1:.*]] = memref.reinterpret_cast %[[W]] to offset: [48], sizes: [1, 32], strides: [96, 1]
// CHECK: tile.gemm accumulate a(%{{.*}}) b(%[[B1]] : {{.*}}) c(%[[C1]] :

// A sum of products is one place that all add to.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: tile.map rows 6
// CHECK: tanh
// CHECK-COUNT-3: tile.gemm accumulate
// CHECK-NOT: tile.gemm
// CHECK-NOT: arith.addf
// CHECK: return

// What something else reads as well is made.
// CHECK-LABEL: func.func @flow_f32_log_prob(
// CHECK: tile.map rows 4
// CHECK: tile.gemm a(
// CHECK: return

// The gradient reads the same columns of one transposed copy.
// CHECK-LABEL: func.func @flow_f32_gradient(
// CHECK: tile.transpose %{{.*}} to %{{.*}} : memref<1x96xf32{{.*}} to memref<96x1xf32
// CHECK-NOT: tile.transpose
// CHECK: tile.gemm accumulate a(%{{.*}} : memref<1x32xf32{{.*}}) b(%{{.*}} : memref<32x1xf32, strided<[16, 1], offset: {{[0-9]+}}>>)
// CHECK: tile.gemm accumulate a(%{{.*}} : memref<1x32xf32{{.*}}) b(%{{.*}} : memref<32x1xf32, strided<[16, 1], offset: {{[0-9]+}}>>)
// CHECK-NOT: tile.gemm
// CHECK: return
flow.model @m features 6 attributes {staged = 32 : i64} {
  flow.staged @w : tensor<1x1xf64> at 0
  flow.staged @v : tensor<1x1xf64> at 16
  func.func @to_latent(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %none = arith.constant dense<0.0> : tensor<2xf64>
    %w = flow.read @w : tensor<1x1xf64>
    %e = flow.extract %x [1, 2, 4, 5] : tensor<6xf64> -> tensor<4xf64>
    %n = flow.merge(%e, %none) [array<i64: 0, 1, 3, 4>, array<i64: 2, 5>] : (tensor<4xf64>, tensor<2xf64>) -> tensor<6xf64>
    %h = flow.matvec %w, %n : tensor<1x1xf64>, tensor<6xf64> -> tensor<6xf64>
    return %h, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<1x1xf64>
    %v = flow.read @v : tensor<1x1xf64>
    %t = math.tanh %x : tensor<6xf64>
    %e = flow.extract %x [1, 2, 4, 5] : tensor<6xf64> -> tensor<4xf64>
    %n = flow.merge(%e) [array<i64: 0, 1, 3, 4>] : (tensor<4xf64>) -> tensor<6xf64>
    %h = flow.matvec %w, %n : tensor<1x1xf64>, tensor<6xf64> -> tensor<6xf64>
    %s = arith.addf %t, %h : tensor<6xf64>
    %i = flow.matvec %v, %x : tensor<1x1xf64>, tensor<6xf64> -> tensor<6xf64>
    %y = arith.addf %s, %i : tensor<6xf64>
    return %y, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<6xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<1x1xf64>
    %e = flow.extract %x [1, 2, 4, 5] : tensor<6xf64> -> tensor<4xf64>
    %n = flow.merge(%e) [array<i64: 0, 1, 3, 4>] : (tensor<4xf64>) -> tensor<6xf64>
    %h = flow.matvec %w, %n : tensor<1x1xf64>, tensor<6xf64> -> tensor<6xf64>
    %p = arith.mulf %h, %n : tensor<6xf64>
    %d = flow.sum %p : tensor<6xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @gradient(%x: tensor<6xf64>, %g: tensor<f64>) -> tensor<f64> {
    %e = flow.extract %x [1, 2, 4, 5] : tensor<6xf64> -> tensor<4xf64>
    %n = flow.merge(%e) [array<i64: 0, 1, 3, 4>] : (tensor<4xf64>) -> tensor<6xf64>
    %r = flow.splat %g : tensor<f64> -> tensor<6xf64>
    %s = arith.mulf %r, %x : tensor<6xf64>
    %o = flow.outer %s, %n : tensor<6xf64>, tensor<6xf64> -> tensor<1x1xf64>
    flow.accumulate @w, %o : tensor<1x1xf64>
    return %g : tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @sample(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @probe(%x: tensor<6xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
