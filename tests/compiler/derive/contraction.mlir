// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// x - W tanh(x) with |W| <= 1/2 is a contraction away from x: its inverse is the fixed point of t -> y + W tanh(t), and its
// log-determinant that of 1 - W tanh'(x), of which all columns are computed at once.

// CHECK-LABEL: func.func @L.forward(
// CHECK-SAME: %[[X:.*]]: tensor<2xf64>)
// CHECK-NOT: flow.fixed_point
// CHECK-DAG: %[[ONE:.*]] = arith.constant dense<[1.000000e+00, 0.000000e+00, 0.000000e+00, 1.000000e+00]> : tensor<4xf64>
// CHECK-DAG: %[[V:.*]] = flow.norm_bounded
// CHECK: %[[SLOPE:.*]] = arith.mulf
// CHECK-NEXT: %[[WIDE:.*]] = flow.repeat %[[SLOPE]] : tensor<2xf64> -> tensor<4xf64>
// CHECK-NEXT: %[[MOVED:.*]] = arith.mulf %[[WIDE]], %[[ONE]]
// CHECK-NEXT: %[[J:.*]] = flow.matvec %[[V]], %[[MOVED]] : tensor<2x2xf64>, tensor<4xf64> -> tensor<4xf64>
// CHECK-NEXT: %[[M:.*]] = arith.subf %[[ONE]], %[[J]]
// CHECK-NEXT: %[[D:.*]] = flow.log_det %[[M]]
// CHECK: return %{{.*}}, %[[D]]

// CHECK-LABEL: func.func @L.inverse(
// CHECK-SAME: %[[Y:.*]]: tensor<2xf64>)
// What does not change from round to round is computed once.
// CHECK: %[[W:.*]] = flow.norm_bounded
// CHECK: %[[T:.*]] = flow.fixed_point %[[Y]] {rate = 5.000000e-01 : f64} : tensor<2xf64> {
// CHECK-NEXT: ^bb0(%[[U:.*]]: tensor<2xf64>):
// CHECK-NEXT: %[[H:.*]] = math.tanh %[[U]]
// CHECK-NEXT: %[[G:.*]] = flow.matvec %[[W]], %[[H]]
// CHECK-NEXT: %[[NEXT:.*]] = arith.addf %[[Y]], %[[G]]
// CHECK-NEXT: flow.yield %[[NEXT]]
// CHECK: math.tanh %[[T]]
// CHECK: arith.negf
// CHECK: return %[[T]]
flow.model @m features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "residual" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %b = flow.norm_bounded %w {bound = 0.5 : f64} : tensor<2x2xf64>
    %h = math.tanh %x : tensor<2xf64>
    %g = flow.matvec %b, %h : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.subf %x, %g : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// What moves element by element is followed so: max(u, tanh u) moves as far as u, not sqrt(2) times as far; 2 x moves twice as far.
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.fixed_point %{{.*}} {rate = 8.000000e-01 : f64}
flow.model @followed features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "followed" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %b = flow.norm_bounded %w {bound = 0.4 : f64} : tensor<2x2xf64>
    %two = arith.constant dense<2.0> : tensor<2xf64>
    %u = arith.mulf %x, %two : tensor<2xf64>
    %t = math.tanh %u : tensor<2xf64>
    %h = arith.maximumf %u, %t : tensor<2xf64>
    %g = flow.matvec %b, %h : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %g, %x : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// The columns of the identity, multiplied with a matrix, are the matrix. What a matrix makes no longer may be much longer by the other norm.
// CHECK-LABEL: func.func @L.forward(
// CHECK-DAG: %[[S:.*]] = flow.norm_bounded spectral
// CHECK-DAG: %[[E:.*]] = flow.extract %[[S]] [0, 1, 2, 3] : tensor<2x2xf64> -> tensor<4xf64>
// CHECK: %[[M:.*]] = arith.addf %[[E]], %{{.*}} : tensor<4xf64>
// CHECK: flow.log_det %[[M]]
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.fixed_point %{{.*}} {rate = 9.000000e-01 : f64}
flow.model @linear features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "linear" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %b = flow.norm_bounded spectral %w {bound = 0.9 : f64} : tensor<2x2xf64>
    %g = flow.matvec %b, %x : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %g, %x : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
