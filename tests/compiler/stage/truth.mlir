// RUN: flow-opt %s --flow-stage --split-input-file | FileCheck %s

// A truth value is no number that could be stored. x or -x by the sign of e^w - 1: e^w - 1 is staged, its comparison is not.
// CHECK-LABEL: func.func @log_prob(
// CHECK-NOT: math.expm1
// CHECK: %[[S:.*]] = flow.read @staged.0 : tensor<2xf64>
// CHECK: %[[C:.*]] = arith.cmpf oge, %[[S]], %{{.*}} : tensor<2xf64>
// CHECK: arith.select %[[C]], %arg0, %{{.*}} : tensor<2xi1>, tensor<2xf64>
// CHECK: flow.staged @staged.0 : tensor<2xf64>
// CHECK-NOT: flow.staged
// CHECK-LABEL: func.func @stage() {
// CHECK: %[[E:.*]] = math.expm1
// CHECK-NEXT: flow.store @staged.0, %[[E]]
// CHECK-NEXT: return
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %zero = arith.constant dense<0.0> : tensor<2xf64>
    %w = flow.read @w : tensor<2xf64>
    %e = math.expm1 %w : tensor<2xf64>
    %c = arith.cmpf oge, %e, %zero : tensor<2xf64>
    %n = arith.negf %x : tensor<2xf64>
    %s = arith.select %c, %x, %n : tensor<2xi1>, tensor<2xf64>
    %d = flow.sum %s : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}

// -----

// A choice between parameters is a parameter's value like any other, comparison and all.
// CHECK-LABEL: func.func @log_prob(
// CHECK-NOT: arith.cmpf
// CHECK: flow.staged @staged.0 : tensor<2xf64>
// CHECK-LABEL: func.func @stage() {
// CHECK: %[[C:.*]] = arith.cmpf
// CHECK: %[[S:.*]] = arith.select %[[C]]
// CHECK-NEXT: flow.store @staged.0, %[[S]]
// CHECK-NEXT: return
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %zero = arith.constant dense<0.0> : tensor<2xf64>
    %w = flow.read @w : tensor<2xf64>
    %e = math.expm1 %w : tensor<2xf64>
    %c = arith.cmpf oge, %w, %zero : tensor<2xf64>
    %n = arith.select %c, %w, %e : tensor<2xi1>, tensor<2xf64>
    %s = arith.mulf %x, %n : tensor<2xf64>
    %d = flow.sum %s : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}
