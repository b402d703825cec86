// RUN: flow-opt %s --flow-compose-model | FileCheck %s

// The objective is a function of the uniform numbers of a sample: the target's log density there, minus the model's. The model's is minus
// the log-determinant of the way from the unit cube, so that is added. The layer and the base are marked by 1/2 and 1/8, the target by 7.
// CHECK-LABEL: func.func @objective(
// CHECK-SAME: %[[U:.*]]: tensor<2xf64>) -> tensor<f64>
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.0
// CHECK: %[[C8:.*]] = arith.constant dense<1.25{{0*}}e-01>
// CHECK: %[[Z:.*]] = arith.mulf %[[U]], %[[C8]]
// CHECK: %[[S8:.*]] = flow.sum %[[C8]]
// CHECK: %[[D8:.*]] = arith.addf %[[ZERO]], %[[S8]]
// CHECK: %[[C2:.*]] = arith.constant dense<5.0{{0*}}e-01>
// CHECK: %[[X:.*]] = arith.mulf %[[Z]], %[[C2]]
// CHECK: %[[S2:.*]] = flow.sum %[[C2]]
// CHECK: %[[D:.*]] = arith.addf %[[D8]], %[[S2]]
// CHECK: %[[C7:.*]] = arith.constant dense<7.0{{0*}}e+00>
// CHECK: %[[P:.*]] = arith.mulf %[[X]], %[[C7]]
// CHECK: %[[T:.*]] = flow.sum %[[P]]
// CHECK: %[[O:.*]] = arith.addf %[[T]], %[[D]]
// CHECK-NEXT: return %[[O]] : tensor<f64>
flow.model @m features 2 {
  flow.layer @first "double" {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  flow.layer @second "base" attributes {base} {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  func.func @target(%x: tensor<2xf64>) -> tensor<f64> {
    %c = arith.constant dense<7.0> : tensor<2xf64>
    %p = arith.mulf %x, %c : tensor<2xf64>
    %t = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %t : tensor<f64>
  }
  func.func @first.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<2.0> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @first.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<0.5> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<5.0> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<0.125> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
}
