// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse | FileCheck %s

// Beside the exact functions of a contraction, two with an estimate of its log-determinant: the terms of a power series, each a product of
// dg/dx with the one before. What does not change from term to term is computed ahead of them.

// CHECK-LABEL: func.func @L.forward.estimated(
// CHECK-SAME: %[[X:.*]]: tensor<2xf64>)
// CHECK: %[[W:.*]] = flow.norm_bounded
// CHECK: %[[NOISE:.*]] = flow.noise : tensor<3xf64>
// CHECK: %[[U:.*]] = flow.extract %[[NOISE]] [0, 1]
// CHECK: %[[BELOW:.*]] = arith.cmpf
// CHECK: %[[SIGNS:.*]] = arith.select %[[BELOW]]
// CHECK: %[[DRAW:.*]] = flow.extract %[[NOISE]] [2]
// CHECK: %[[SERIES:.*]] = flow.log_det_series %[[SIGNS]], %[[DRAW]] least 2 keep 5.000000e-01
// CHECK-NEXT: ^bb0(%[[T:.*]]: tensor<2xf64>):
// CHECK-NEXT: %[[MOVED:.*]] = arith.mulf
// CHECK-NEXT: %[[J:.*]] = flow.matvec %[[W]], %[[MOVED]]
// CHECK-NEXT: %[[MINUS:.*]] = arith.negf %[[J]]
// CHECK-NEXT: flow.yield %[[MINUS]]
// CHECK: %[[SUM:.*]] = flow.extract %[[SERIES]] [0]
// CHECK-NEXT: %[[D:.*]] = flow.sum %[[SUM]]
// CHECK-NEXT: return %{{.*}}, %[[D]]

// CHECK-LABEL: func.func @L.inverse.estimated(
// CHECK: flow.fixed_point
// CHECK: flow.log_det_series

// CHECK-LABEL: func.func @L.forward(
// CHECK-NOT: flow.noise
// CHECK: flow.log_det %
flow.model @m features 2 {
  flow.estimate least 2 keep 5.000000e-01
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
