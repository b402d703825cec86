// RUN: flow-opt %s --flow-compose-model --flow-stage | FileCheck %s

// A context is known before its sample is, but every sample has its own: what it reaches is no stage's, what it meets is.

// CHECK-LABEL: func.func @log_prob(
// CHECK: %[[W:.*]] = flow.read @staged.0 : tensor<2x3xf64>
// CHECK: flow.matvec %[[W]], %{{.*}} : tensor<2x3xf64>, tensor<3xf64>
// CHECK-LABEL: func.func @stage()
// CHECK-NOT: flow.matvec
flow.model @m features 2 attributes {given_context = {size = 3 : i64, label = true}} {
  flow.parameter @w : tensor<2x3xf64> {init = {kind = "constant", value = 0.0 : f64}}
  flow.layer @shift "shift" {
  ^bb0(%x: tensor<2xf64>):
    %c = flow.context label : tensor<3xf64>
    %w = flow.read @w : tensor<2x3xf64>
    %s = flow.matvec %w, %c : tensor<2x3xf64>, tensor<3xf64> -> tensor<2xf64>
    %y = arith.addf %x, %s : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
  func.func @shift.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = flow.context label : tensor<3xf64>
    %w = flow.read @w : tensor<2x3xf64>
    %s = flow.matvec %w, %c : tensor<2x3xf64>, tensor<3xf64> -> tensor<2xf64>
    %y = arith.addf %x, %s : tensor<2xf64>
    %d = flow.sum %s : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @shift.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %zero = arith.constant dense<0.0> : tensor<f64>
    return %x, %zero : tensor<2xf64>, tensor<f64>
  }
}
