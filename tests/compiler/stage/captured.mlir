// RUN: flow-opt %s --flow-stage --split-input-file | FileCheck %s

// A root reads what its body captures. Its target is the sample here, so the root stays, and e^w in its body is staged.
// CHECK-LABEL: func.func @to_data(
// CHECK: %[[S:.*]] = flow.read @staged.0
// CHECK: flow.root %arg0
// CHECK: arith.mulf %{{.*}}, %[[S]]
// CHECK-LABEL: func.func @stage() {
// CHECK: %[[E:.*]] = math.exp
// CHECK-NEXT: flow.store @staged.0, %[[E]]
// CHECK-NOT: flow.root
flow.model @m features 1 {
  flow.parameter @w : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @to_data(%z: tensor<1xf64>) -> tensor<1xf64> {
    %w = flow.read @w : tensor<1xf64>
    %e = math.exp %w : tensor<1xf64>
    %t = flow.root %z {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %f = arith.mulf %u, %e : tensor<1xf64>
      flow.yield %f, %e : tensor<1xf64>, tensor<1xf64>
    }
    return %t : tensor<1xf64>
  }
}

// -----

// Its target is a parameter, but its body captures the sample: it stays too.
// CHECK-LABEL: func.func @to_data(
// CHECK: flow.root
// CHECK-LABEL: func.func @stage() {
// CHECK-NOT: flow.root
// CHECK: return
flow.model @m features 1 {
  flow.parameter @w : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @to_data(%z: tensor<1xf64>) -> tensor<1xf64> {
    %w = flow.read @w : tensor<1xf64>
    %t = flow.root %w {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %f = arith.mulf %u, %z : tensor<1xf64>
      flow.yield %f, %z : tensor<1xf64>, tensor<1xf64>
    }
    return %t : tensor<1xf64>
  }
}

// -----

// Neither reads the sample: the whole root is staged, body and all.
// CHECK-LABEL: func.func @to_data(
// CHECK-NOT: flow.root
// CHECK: %[[S:.*]] = flow.read @staged.0
// CHECK: arith.addf %arg0, %[[S]]
// CHECK-LABEL: func.func @stage() {
// CHECK: %[[W:.*]] = flow.read @w
// CHECK: %[[R:.*]] = flow.root %[[W]]
// CHECK: flow.store @staged.0, %[[R]]
flow.model @m features 1 {
  flow.parameter @w : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @to_data(%z: tensor<1xf64>) -> tensor<1xf64> {
    %w = flow.read @w : tensor<1xf64>
    %e = math.exp %w : tensor<1xf64>
    %t = flow.root %w {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %f = arith.mulf %u, %e : tensor<1xf64>
      flow.yield %f, %e : tensor<1xf64>, tensor<1xf64>
    }
    %x = arith.addf %z, %t : tensor<1xf64>
    return %x : tensor<1xf64>
  }
}
