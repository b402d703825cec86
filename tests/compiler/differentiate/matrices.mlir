// RUN: flow-opt %s --flow-differentiate --split-input-file | FileCheck %s

// Of vectors that are matrices of a sample's own, written row by row.

// Every element several times, and the sum of each row: each is the other's adjoint.
// CHECK-LABEL: func.func @gradient(
// CHECK: flow.sum_rows
// CHECK: %[[G:.*]] = flow.splat
// CHECK: %[[R:.*]] = flow.repeat %[[G]] : tensor<2xf64> -> tensor<6xf64>
// CHECK: %[[M:.*]] = arith.mulf %{{.*}}, %[[R]]
// CHECK: %[[DV:.*]] = flow.sum_rows %[[M]] : tensor<6xf64> -> tensor<2xf64>
// CHECK: flow.accumulate @v, %[[DV]]
flow.model @repeated features 6 {
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<6xf64>) -> tensor<f64> {
    %v = flow.read @v : tensor<2xf64>
    %r = flow.repeat %v : tensor<2xf64> -> tensor<6xf64>
    %m = arith.mulf %r, %x : tensor<6xf64>
    %s = flow.sum_rows %m : tensor<6xf64> -> tensor<2xf64>
    %d = flow.sum %s : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// d = log det M: dM = M^-T, solved for the columns of the identity.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[M:.*]] = flow.read @m
// CHECK: %[[D:.*]] = flow.log_det %[[M]]
// CHECK: %[[ONE:.*]] = arith.constant dense<[1.000000e+00, 0.000000e+00, 0.000000e+00, 1.000000e+00]> : tensor<4xf64>
// CHECK: %[[INVERSE:.*]] = flow.solve transposed %[[M]], %[[ONE]] : tensor<4xf64>, tensor<4xf64>
// CHECK: %[[DM:.*]] = arith.mulf %[[INVERSE]], %{{.*}}
// CHECK: flow.accumulate @m, %[[DM]]
flow.model @determinant features 2 {
  flow.parameter @m : tensor<4xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %m = flow.read @m : tensor<4xf64>
    %d = flow.log_det %m : tensor<4xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// z = M^-1 y: with h = M^-T g, dy = h and dM = -h z^T, here of two elements each four times.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[Z:.*]] = flow.solve %{{.*}}, %{{.*}} : tensor<4xf64>, tensor<2xf64>
// CHECK: %[[H:.*]] = flow.solve transposed %{{.*}}, %{{.*}} : tensor<4xf64>, tensor<2xf64>
// CHECK: %[[N:.*]] = arith.negf %[[H]]
// CHECK: %[[LEFT:.*]] = flow.repeat %[[N]] : tensor<2xf64> -> tensor<4xf64>
// CHECK: %[[ROWS:.*]] = flow.extract %[[LEFT]] [0, 1, 2, 3]
// CHECK: %[[RIGHT:.*]] = flow.repeat %[[Z]] : tensor<2xf64> -> tensor<4xf64>
// CHECK: %[[ACROSS:.*]] = flow.extract %[[RIGHT]] [0, 2, 1, 3]
// CHECK: %[[OUTER:.*]] = arith.mulf %[[ROWS]], %[[ACROSS]]
// CHECK: %[[DM:.*]] = flow.sum_rows %[[OUTER]]
// CHECK-DAG: flow.accumulate @m, %[[DM]]
// CHECK-DAG: flow.accumulate @y, %[[H]]
flow.model @system features 2 {
  flow.parameter @m : tensor<4xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @y : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %m = flow.read @m : tensor<4xf64>
    %y = flow.read @y : tensor<2xf64>
    %z = flow.solve %m, %y : tensor<4xf64>, tensor<2xf64>
    %d = flow.sum %z : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
