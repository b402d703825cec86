// RUN: flow-opt %s --flow-stage | FileCheck %s

// Only the frontier is stored: of the chain w, e^w, e^w + 1, e^(e^w + 1) the last, which meets the sample, and none before it.
// CHECK: attributes {staged = 16 : i64}
// CHECK: flow.staged @staged.0
// CHECK-NOT: flow.staged
// CHECK-LABEL: func.func @stage() {
// CHECK: %[[A:.*]] = arith.addf
// CHECK: %[[E:.*]] = math.exp %[[A]]
// CHECK-NEXT: flow.store @staged.0, %[[E]]
// CHECK-NOT: flow.store
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %one = arith.constant dense<1.0> : tensor<2xf64>
    %w = flow.read @w : tensor<2xf64>
    %e = math.exp %w : tensor<2xf64>
    %a = arith.addf %e, %one : tensor<2xf64>
    %f = math.exp %a : tensor<2xf64>
    %p = arith.mulf %x, %f : tensor<2xf64>
    %d = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}
