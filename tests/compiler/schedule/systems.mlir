// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Matrices of a sample's own run between maps, each in a copy that the elimination may change. What is repeated is read again and again
// from where it is, and the sum of a row is one of columns.

// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: memref<2x16xf32>
// CHECK: tile.map rows 4 {{.*}} outs(%{{.*}} : memref<4x16xf32, [[COPY:.*]]>) attributes {input_rows = [array<i64: 0, 0, 1, 1>, array<i64>]
// CHECK: tile.eliminate %{{.*}} : memref<4x16xf32, [[COPY]]>
// CHECK: tile.substitute %{{.*}}, %{{.*}} columns 1 : memref<4x16xf32, [[COPY]]>, memref<2x16xf32
// CHECK: tile.map rows 2
// CHECK-SAME: output_kinds = array<i32: 2>
// CHECK: math.log
// CHECK: tile.map rows 2 {{.*}}array<i64: 0, 2>{{.*}}array<i64: 1, 3>
flow.model @m features 2 attributes {staged = 16 : i64} {
  flow.staged @s : tensor<4xf64> at 0
  func.func @stage() {
    return
  }
  func.func @to_latent(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %s = flow.read @s : tensor<4xf64>
    %r = flow.repeat %x : tensor<2xf64> -> tensor<4xf64>
    %m = arith.addf %r, %s : tensor<4xf64>
    %lu = flow.eliminate %m : tensor<4xf64>
    %y = flow.substitute %lu, %x : tensor<4xf64>, tensor<2xf64>
    %p = flow.extract %lu [0, 3] : tensor<4xf64> -> tensor<2xf64>
    %l = math.log %p : tensor<2xf64>
    %d = flow.sum %l : tensor<2xf64> -> tensor<f64>
    %e = math.exp %lu : tensor<4xf64>
    %w = flow.sum_rows %e : tensor<4xf64> -> tensor<2xf64>
    %z = arith.addf %y, %w : tensor<2xf64>
    return %z, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<2xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage_adjoint() {
    return
  }
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @sample(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<2xf64>, tensor<f64>
  }
  func.func @gradient(%x: tensor<2xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @probe(%x: tensor<2xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
