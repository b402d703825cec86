// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Triangular systems run between maps, like products, on staged matrices.

// A number that a product takes for a vector is a table of the module, be it without samples.
// CHECK-DAG: memref.global "private" constant @[[ONES:table.[0-9]+]] : memref<4xf32> = dense<1.000000e+00>
// CHECK-DAG: memref.global "private" constant @[[TWOS:table.[0-9]+]] : memref<4xf32> = dense<2.000000e+00>
// CHECK-LABEL: func.func @flow_f32_stage(
// CHECK: %[[T:.*]] = memref.get_global @[[ONES]]
// CHECK: %[[B:.*]] = memref.reinterpret_cast %[[T]] to offset: [0], sizes: [4, 1]
// CHECK: tile.gemm a(%{{.*}} : {{.*}}) b(%[[B]] :

// The transpose is a view, and solved the other way round.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %[[S:[a-z0-9]+]]: memref<48xf32>, %[[X:[a-z0-9]+]]: memref<4x16xf32>
// CHECK-DAG: %[[A:.*]] = memref.reinterpret_cast %[[S]] to offset: [0], sizes: [4, 4], strides: [4, 1]
// CHECK-DAG: %[[D:.*]] = memref.reinterpret_cast %[[S]] to offset: [16], sizes: [4], strides: [1]
// CHECK: tile.solve a(%[[A]] : {{.*}}) diagonal(%[[D]] : {{.*}}) y(%{{.*}}) x(
// CHECK-DAG: %[[AT:.*]] = memref.reinterpret_cast %[[S]] to offset: [0], sizes: [4, 4], strides: [1, 4]
// CHECK-DAG: memref.get_global @[[TWOS]]
// CHECK: tile.solve backward a(%[[AT]] : {{.*}}) diagonal(
flow.model @m features 4 attributes {staged = 48 : i64} {
  flow.parameter @p : tensor<4x4xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @l : tensor<4x4xf64> at 0
  flow.staged @d : tensor<4xf64> at 16
  flow.staged @s : tensor<4xf64> at 32
  func.func @stage() {
    %one = arith.constant dense<1.0> : tensor<4xf64>
    %p = flow.read @p : tensor<4x4xf64>
    %s = flow.matvec %p, %one : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    flow.store @s, %s : tensor<4xf64>
    return
  }
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %two = arith.constant dense<2.0> : tensor<4xf64>
    %l = flow.read @l : tensor<4x4xf64>
    %d = flow.read @d : tensor<4xf64>
    %h = flow.solve_triangular %l, %x diagonal(%d : tensor<4xf64>) : tensor<4x4xf64>, tensor<4xf64>
    %y = flow.solve_triangular transposed %l, %h diagonal(%two : tensor<4xf64>) : tensor<4x4xf64>, tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
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
