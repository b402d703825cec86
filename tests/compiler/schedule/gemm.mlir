// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// tanh(W x + b) - 1 is one product: the bias and what follows with constants only is computed while it is in registers, and goes
// straight into the kernel's result.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %[[S:[a-z0-9]+]]: memref<48xf32>, %[[X:[a-z0-9]+]]: memref<4x16xf32>, %[[Y:[a-z0-9]+]]: memref<4x16xf32>
// CHECK-DAG: %[[A:.*]] = memref.reinterpret_cast %[[S]] to offset: [0], sizes: [4, 4], strides: [4, 1]
// CHECK-DAG: %[[B:.*]] = memref.reinterpret_cast %[[X]] to offset: [0], sizes: [4, 16], strides: [16, 1]
// CHECK-DAG: %[[C:.*]] = memref.reinterpret_cast %[[Y]] to offset: [0], sizes: [4, 16], strides: [16, 1]
// CHECK-DAG: %[[BIAS:.*]] = memref.reinterpret_cast %[[S]] to offset: [16], sizes: [4], strides: [1]
// CHECK: tile.gemm a(%[[A]] : {{.*}}) b(%[[B]] : {{.*}}) c(%[[C]] : {{.*}}) bias(%[[BIAS]] : {{.*}}) {
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32):
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[V]]
// CHECK-NEXT: %[[ONE:.*]] = arith.constant 1.0
// CHECK-NEXT: %[[R:.*]] = arith.subf %[[T]], %[[ONE]]
// CHECK-NEXT: tile.yield %[[R]]
// CHECK-NOT: tile.map rows 4
// CHECK: return

// W^T x: the strides change places, and nothing is transposed.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: %[[A:.*]] = memref.reinterpret_cast %arg0 to offset: [0], sizes: [4, 4], strides: [1, 4]
// CHECK-NOT: tile.transpose
// CHECK: tile.gemm a(%[[A]] :
// CHECK: return

// A product that is used twice is kept; only an op that alone uses it may take its place.
// CHECK-LABEL: func.func @flow_f32_log_prob(
// CHECK: tile.gemm
// CHECK-NOT: ^bb0
// CHECK: tile.map rows 4 ins(%{{[a-z_0-9]+}} : {{[^)]*}})
// CHECK-NEXT: ^bb0(%[[V:.*]]: f32):
// CHECK-NEXT: %[[T:.*]] = math.tanh %[[V]]
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[T]], %[[V]]
// CHECK-NEXT: tile.yield %[[P]]

// Rows at even distances are a strided operand, others are copied together first.
// CHECK-LABEL: func.func @flow_f32_sample(
// CHECK: %[[EVEN:.*]] = memref.reinterpret_cast %arg1 to offset: [16], sizes: [2, 16], strides: [32, 1]
// CHECK: tile.gemm a(%{{.*}} : {{.*}}) b(%[[EVEN]] :
// CHECK-NOT: tile.gemm
// CHECK: tile.map rows 2
// CHECK-SAME: input_rows = [array<i64: 3, 0>
// CHECK-SAME: output_kinds = array<i32: 0
// CHECK: %[[COPY:.*]] = memref.reinterpret_cast %arg4 to offset: [{{[0-9]+}}], sizes: [2, 16], strides: [16, 1]
// CHECK: tile.gemm a(%{{.*}} : {{.*}}) b(%[[COPY]] :
flow.model @m features 4 attributes {staged = 48 : i64} {
  flow.staged @w : tensor<4x4xf64> at 0
  flow.staged @b : tensor<4xf64> at 16
  flow.staged @v : tensor<2x2xf64> at 32
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %one = arith.constant dense<1.0> : tensor<4xf64>
    %w = flow.read @w : tensor<4x4xf64>
    %b = flow.read @b : tensor<4xf64>
    %h = flow.matvec %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %i = arith.addf %h, %b : tensor<4xf64>
    %t = math.tanh %i : tensor<4xf64>
    %y = arith.subf %t, %one : tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %h = flow.matvec transposed %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    return %h, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<4x4xf64>
    %h = flow.matvec %w, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    %t = math.tanh %h : tensor<4xf64>
    %p = arith.mulf %t, %h : tensor<4xf64>
    %d = flow.sum %p : tensor<4xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %v = flow.read @v : tensor<2x2xf64>
    %a = flow.extract %x [1, 3] : tensor<4xf64> -> tensor<2xf64>
    %b = flow.extract %x [3, 0] : tensor<4xf64> -> tensor<2xf64>
    %g = flow.matvec %v, %a : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %h = flow.matvec %v, %b : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = flow.merge(%g, %h) [array<i64: 0, 1>, array<i64: 2, 3>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
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
