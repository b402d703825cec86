// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Without samples the columns of the right vector are written one after the other.
// CHECK-LABEL: func.func @flow_f32_stage_adjoint(
// CHECK: tile.map rows 6
// CHECK-SAME: output_rows = [array<i64: 0, 2, 4, 1, 3, 5>]
// CHECK: tile.gemm a(%{{.*}} : memref<2x3xf32{{.*}}) b(%{{.*}} : memref<3x2xf32

// A vector of several columns: the samples of all columns of a row are next to each other, and a product with a matrix is one product
// that is as many times as long.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %[[S:[a-z0-9]+]]: memref<48xf32>, %[[X:[a-z0-9]+]]: memref<6x16xf32>
// CHECK-DAG: %[[A:.*]] = memref.reinterpret_cast %[[S]] to offset: [0], sizes: [2, 2], strides: [2, 1]
// CHECK-DAG: %[[B:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [2, 48], strides: [48, 1]
// CHECK-DAG: %[[C:.*]] = memref.reinterpret_cast %arg2 to offset: [0], sizes: [2, 48], strides: [48, 1]
// CHECK: tile.gemm a(%[[A]] : {{.*}}) b(%[[B]] : {{.*}}) c(%[[C]] :
// CHECK: return

// Triangular systems are solved column by column; the diagonal has a number for every element.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: %[[A:.*]] = memref.reinterpret_cast %arg0 to offset: [0], sizes: [2, 2], strides: [2, 1]
// CHECK: tile.solve a(%[[A]]
// CHECK-DAG: %[[D1:.*]] = memref.reinterpret_cast %arg0 to offset: [17], sizes: [2], strides: [3]
// CHECK-DAG: %[[Y1:.*]] = memref.reinterpret_cast %arg1 to offset: [16], sizes: [2, 16], strides: [48, 1]
// CHECK-DAG: %[[X1:.*]] = memref.reinterpret_cast %arg2 to offset: [16], sizes: [2, 16], strides: [48, 1]
// CHECK: tile.solve a(%[[A]] : {{.*}}) diagonal(%[[D1]] : {{.*}}) y(%[[Y1]] : {{.*}}) x(%[[X1]] :
// CHECK: tile.solve a(%[[A]]
// CHECK-NOT: tile.solve
// CHECK: return

// Every other row holds no columns: it is copied together first.
// CHECK-LABEL: func.func @flow_f32_log_prob(
// CHECK: tile.map rows 3
// CHECK-SAME: input_rows = [array<i64: 0, 2, 4>]
// CHECK: tile.gemm a(%{{.*}} : {{.*}}) b(%{{.*}} : memref<1x48xf32

// The sum over the columns is a part of the sum over the samples.
// CHECK-LABEL: func.func @flow_f32_gradient(
// CHECK: tile.transpose %{{.*}} to %[[T:.*]] : memref<2x48xf32{{.*}} to memref<48x2xf32
// CHECK: tile.gemm accumulate a(%{{.*}} : memref<2x48xf32{{.*}}) b(%{{.*}} : memref<48x2xf32
flow.model @m features 6 attributes {staged = 48 : i64} {
  flow.parameter @p : tensor<2x2xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @w : tensor<2x2xf64> at 0
  flow.staged @d : tensor<6xf64> at 16
  flow.staged @v : tensor<2x1xf64> at 32
  func.func @to_latent(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<2x2xf64>
    %h = flow.matvec %w, %x : tensor<2x2xf64>, tensor<6xf64> -> tensor<6xf64>
    return %h, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<2x2xf64>
    %d = flow.read @d : tensor<6xf64>
    %h = flow.solve_triangular %w, %x diagonal(%d : tensor<6xf64>) : tensor<2x2xf64>, tensor<6xf64>
    return %h, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<6xf64>) -> tensor<f64> {
    %v = flow.read @v : tensor<2x1xf64>
    %a = flow.extract %x [0, 2, 4] : tensor<6xf64> -> tensor<3xf64>
    %h = flow.matvec %v, %a : tensor<2x1xf64>, tensor<3xf64> -> tensor<6xf64>
    %d = flow.sum %h : tensor<6xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @gradient(%x: tensor<6xf64>, %g: tensor<f64>) -> tensor<f64> {
    %r = flow.splat %g : tensor<f64> -> tensor<6xf64>
    %s = arith.mulf %r, %x : tensor<6xf64>
    %o = flow.outer %s, %x : tensor<6xf64>, tensor<6xf64> -> tensor<2x2xf64>
    flow.accumulate @w, %o : tensor<2x2xf64>
    return %g : tensor<f64>
  }
  func.func @sample(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @stage_adjoint() {
    %g = flow.adjoint @d : tensor<6xf64>
    %o = flow.outer %g, %g : tensor<6xf64>, tensor<6xf64> -> tensor<2x2xf64>
    flow.accumulate @p, %o : tensor<2x2xf64>
    return
  }

  // The other kernels, which a model must have.
  func.func @stage() {
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
