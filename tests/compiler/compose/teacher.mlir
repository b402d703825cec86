// RUN: flow-opt %s --flow-teacher --split-input-file | FileCheck %s

// A teacher becomes the student's function `target`, the sum of the log-determinants of its layers in their order, the base last. Its
// parameters stand behind the student's own, frozen, under its name; the teacher itself is gone.
// CHECK: flow.model @student features 2
// CHECK: flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 1.{{0*}}e+00 : f64}}
// CHECK: flow.parameter @teacher.w : tensor<2xf64> {frozen, init = {kind = "constant", value = 2.{{0*}}e+00 : f64}}
// CHECK: func.func @target(%[[X:.*]]: tensor<2xf64>) -> tensor<f64>
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.0
// CHECK: %[[W:.*]] = flow.read @teacher.w
// CHECK: %[[Z:.*]] = arith.mulf %[[X]], %[[W]]
// CHECK: %[[S:.*]] = flow.sum %[[W]]
// CHECK: %[[D:.*]] = arith.addf %[[ZERO]], %[[S]]
// CHECK: %[[SZ:.*]] = flow.sum %[[Z]]
// CHECK: %[[T:.*]] = arith.addf %[[D]], %[[SZ]]
// CHECK: return %[[T]]
// CHECK-NOT: flow.model @teacher
flow.model @student features 2 attributes {objective = {type = "reverse_kl", target = "teacher", normalized = true}} {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
}
flow.model @teacher features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 2.0}}
  flow.layer @first "scale" {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  flow.layer @second "base" attributes {base} {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  func.func @first.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %w = flow.read @w : tensor<2xf64>
    %y = arith.mulf %x, %w : tensor<2xf64>
    %d = flow.sum %w : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %x, %d : tensor<2xf64>, tensor<f64>
  }
}

// -----

// An energy is the function `target` already, even if it has the model's own name.
// CHECK: flow.model @ring features 2
// CHECK: func.func @target
// CHECK-NOT: frozen
flow.model @ring features 2 attributes {objective = {type = "reverse_kl", target = "ring", normalized = false}} {
  func.func @target(%x: tensor<2xf64>) -> tensor<f64> {
    %t = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %t : tensor<f64>
  }
}
