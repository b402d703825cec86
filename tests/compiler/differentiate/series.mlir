// RUN: flow-opt %s --flow-differentiate --flow-drop-detached --flow-expand-systems --cse | FileCheck %s

// log det(1 + J) of J = a, by its first three terms. The sum is carried from term to term, ahead of w and the term; its gradient is that of
// one more product with J, of w, and of none of the terms.

// CHECK-LABEL: func.func @gradient(
// CHECK-SAME: %[[X:.*]]: tensor<1xf64>, %[[WEIGHT:.*]]: tensor<f64>)
// CHECK: %[[A:.*]] = flow.read @a
// CHECK: %[[START:.*]] = flow.merge(%{{.*}}, %{{.*}}, %[[X]], %{{.*}})
// CHECK: %[[ALL:.*]] = flow.iterate %[[START]] rounds 3 : tensor<4xf64> {
// CHECK-NEXT: ^bb0(%[[NOW:.*]]: tensor<4xf64>):
// CHECK: arith.mulf %[[A]], %[[TERM:.*]] : tensor<1xf64>
// CHECK: arith.divf
// CHECK: flow.yield
// CHECK: %[[W:.*]] = flow.extract %{{.*}} [1] : tensor<2xf64> -> tensor<1xf64>
// CHECK: arith.mulf %[[A]], %[[W]]
// CHECK: flow.splat %[[WEIGHT]]
// CHECK: %[[DJ:.*]] = arith.mulf %[[X]], %{{.*}} : tensor<1xf64>
// CHECK-NEXT: %[[DA:.*]] = arith.mulf %[[W]], %[[DJ]]
// CHECK: flow.accumulate @a, %[[DA]]
// CHECK: return
flow.model @m features 1 {
  flow.parameter @a : tensor<1xf64> {init = {kind = "constant", value = 0.5}}
  func.func @log_prob(%v: tensor<1xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<1xf64>
    %u = arith.constant dense<0.5> : tensor<1xf64>
    %s = flow.log_det_series %v, %u least 3 keep 0.0 : tensor<1xf64>, tensor<1xf64> -> tensor<2xf64> {
    ^bb0(%t: tensor<1xf64>):
      %j = arith.mulf %a, %t : tensor<1xf64>
      flow.yield %j : tensor<1xf64>
    }
    %first = flow.extract %s [0] : tensor<2xf64> -> tensor<1xf64>
    %d = flow.sum %first : tensor<1xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
