// RUN: flow-opt %s --flow-differentiate | FileCheck %s

// The t with t = F(t, y) by the implicit function theorem: (1 - dF/dt) t' = dF/dy y'. One solve is written out behind the fixed point,
// t + (1 - dF/dt)^-1 (F(t, y) - t) with t and 1 - dF/dt held constant, and that alone is differentiated.

// F(t) = y - sin(t), so that 1 - dF/dt = 1 + cos(t).
// CHECK-LABEL: func.func @log_prob(
// CHECK-NOT: flow.detach
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[Y:.*]] = flow.read @y
// CHECK: %[[R:.*]] = flow.fixed_point %[[Y]]
// CHECK: flow.yield
// CHECK: %[[T:.*]] = flow.detach %[[R]]
// CHECK-NEXT: %[[S:.*]] = math.sin %[[T]]
// CHECK-NEXT: %[[F:.*]] = arith.subf %[[Y]], %[[S]]
// CHECK: math.cos %[[T]]
// CHECK: %[[REST:.*]] = arith.subf %[[F]], %[[T]]
// CHECK: %[[SLOPE:.*]] = flow.detach
// CHECK: %[[STEP:.*]] = flow.solve %[[SLOPE]], %[[REST]]
// CHECK-NEXT: %[[NEW:.*]] = arith.addf %[[T]], %[[STEP]]
// CHECK-NEXT: %[[D:.*]] = flow.sum %[[NEW]]
// The adjoint of y is that of t, brought back by the transpose.
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-NEXT: %[[DY:.*]] = flow.solve transposed %[[SLOPE]], %[[G]]
// CHECK-NEXT: flow.accumulate @y, %[[DY]]
// CHECK-NEXT: return %[[D]]
flow.model @m features 1 {
  flow.parameter @y : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<1xf64>) -> tensor<f64> {
    %y = flow.read @y : tensor<1xf64>
    %t = flow.fixed_point %y {rate = 0.9 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %s = math.sin %u : tensor<1xf64>
      %next = arith.subf %y, %s : tensor<1xf64>
      flow.yield %next : tensor<1xf64>
    }
    %d = flow.sum %t : tensor<1xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
