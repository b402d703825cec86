// RUN: flow-opt %s --flow-compose-model | FileCheck %s

// A sample is given to the model's functions with its context behind its features; layers, probes and the target find it there. What
// comes back is features alone.

// CHECK-LABEL: func.func @target(
// CHECK-SAME: %[[IN:.*]]: tensor<5xf64>) -> tensor<f64>
// CHECK: %[[C:.*]] = flow.extract %[[IN]] [2, 3, 4]
// CHECK: flow.sum %[[C]]
// CHECK-LABEL: func.func @to_latent(
// CHECK-SAME: %[[IN:.*]]: tensor<5xf64>) -> (tensor<2xf64>, tensor<f64>)
// CHECK-NEXT: %[[X:.*]] = flow.extract %[[IN]] [0, 1]
// CHECK-NEXT: %[[C:.*]] = flow.extract %[[IN]] [2, 3, 4]
// CHECK-NOT: flow.context
// CHECK: %[[S:.*]] = flow.extract %[[C]] [0, 1]
// CHECK: arith.addf %[[X]], %[[S]]
// CHECK-LABEL: func.func @to_data(
// CHECK-SAME: tensor<5xf64>) -> (tensor<2xf64>, tensor<f64>)
// CHECK-LABEL: func.func @log_prob(
// CHECK-SAME: tensor<5xf64>) -> tensor<f64>
// CHECK-LABEL: func.func @sample(
// CHECK-SAME: tensor<5xf64>) -> (tensor<2xf64>, tensor<f64>)
// CHECK-LABEL: func.func @objective(
// CHECK-SAME: tensor<5xf64>) -> tensor<f64>
// CHECK-LABEL: func.func @probe(
// CHECK-SAME: tensor<5xf64>)
flow.model @m features 2 attributes {given_context = {size = 3 : i64}} {
  flow.layer @shift "shift" {
  ^bb0(%x: tensor<2xf64>):
    %c = flow.context : tensor<3xf64>
    %s = flow.extract %c [0, 1] : tensor<3xf64> -> tensor<2xf64>
    %y = arith.addf %x, %s : tensor<2xf64>
    %mean, %deviation = flow.probe %y : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
  func.func @target(%x: tensor<2xf64>) -> tensor<f64> {
    %c = flow.context : tensor<3xf64>
    %s = flow.sum %c : tensor<3xf64> -> tensor<f64>
    return %s : tensor<f64>
  }
  func.func @shift.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %zero = arith.constant dense<0.0> : tensor<f64>
    %c = flow.context : tensor<3xf64>
    %s = flow.extract %c [0, 1] : tensor<3xf64> -> tensor<2xf64>
    %y = arith.addf %x, %s : tensor<2xf64>
    return %y, %zero : tensor<2xf64>, tensor<f64>
  }
  func.func @shift.inverse(%y: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %zero = arith.constant dense<0.0> : tensor<f64>
    %c = flow.context : tensor<3xf64>
    %s = flow.extract %c [0, 1] : tensor<3xf64> -> tensor<2xf64>
    %x = arith.subf %y, %s : tensor<2xf64>
    return %x, %zero : tensor<2xf64>, tensor<f64>
  }
}
