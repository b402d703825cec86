// RUN: flow-opt %s --flow-differentiate --split-input-file | FileCheck %s

// The root t of f(t, a) = y by the implicit function theorem: dt/dy = 1 / f'(t), dt/da = -(df/da) / f'(t). One Newton step is written
// out behind the root, t' = t - (f(t, a) - y) / f'(t) with t and f'(t) held constant, and that alone is differentiated.

// f(t) = e^a t and f' = e^a.
// CHECK-LABEL: func.func @log_prob(
// CHECK: flow.root
// CHECK-NOT: flow.detach
// CHECK: return
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[Y:.*]] = flow.read @y
// CHECK: %[[A:.*]] = flow.read @a
// CHECK: %[[E:.*]] = math.exp %[[A]]
// CHECK: %[[R:.*]] = flow.root %[[Y]]
// CHECK: flow.yield
// CHECK: %[[T:.*]] = flow.detach %[[R]]
// CHECK-NEXT: %[[F:.*]] = arith.mulf %[[T]], %[[E]]
// CHECK-DAG: %[[MISS:.*]] = arith.subf %[[F]], %[[Y]]
// CHECK-DAG: %[[SLOPE:.*]] = flow.detach %[[E]]
// CHECK: %[[STEP:.*]] = arith.divf %[[MISS]], %[[SLOPE]]
// CHECK-NEXT: %[[NEW:.*]] = arith.subf %[[T]], %[[STEP]]
// CHECK-NEXT: %[[D:.*]] = flow.sum %[[NEW]]
// With g what arrives at t': into the step goes -g, into f -g / f' and into y its negative.
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[G]]
// CHECK-NEXT: %[[DF:.*]] = arith.divf %[[N]], %[[SLOPE]]
// CHECK: %[[DY:.*]] = arith.negf %[[DF]]
// CHECK: %[[DE:.*]] = arith.mulf %[[T]], %[[DF]]
// CHECK: %[[DA:.*]] = arith.mulf %[[E]], %[[DE]]
// CHECK-NEXT: flow.accumulate @a, %[[DA]]
// CHECK-NEXT: flow.accumulate @y, %[[DY]]
// CHECK-NEXT: return %[[D]]
flow.model @m features 1 {
  flow.parameter @y : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @a : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<1xf64>) -> tensor<f64> {
    %y = flow.read @y : tensor<1xf64>
    %a = flow.read @a : tensor<1xf64>
    %e = math.exp %a : tensor<1xf64>
    %t = flow.root %y {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %f = arith.mulf %u, %e : tensor<1xf64>
      flow.yield %f, %e : tensor<1xf64>, tensor<1xf64>
    }
    %d = flow.sum %t : tensor<1xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// There is one root as before, and no op of its body has become part of the sweep: sinh' = cosh is not asked of the held t, which
// only the held f' = cosh(t) would bring in.
// CHECK-LABEL: func.func @gradient(
// CHECK-COUNT-1: flow.root
// CHECK-NOT: flow.root
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-NOT: math.cosh
// CHECK: flow.accumulate @y
// CHECK-NOT: flow.accumulate
// CHECK: return
flow.model @held features 1 {
  flow.parameter @y : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<1xf64>) -> tensor<f64> {
    %y = flow.read @y : tensor<1xf64>
    %t = flow.root %y {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<1xf64> {
    ^bb0(%u: tensor<1xf64>):
      %f = math.sinh %u : tensor<1xf64>
      %g = math.cosh %u : tensor<1xf64>
      flow.yield %f, %g : tensor<1xf64>, tensor<1xf64>
    }
    %d = flow.sum %t : tensor<1xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
