// RUN: flow-opt %s --flow-stage --flow-differentiate | FileCheck %s

// The gradient is that of the objective where there is one, and passes by what only frozen parameters are in.
// CHECK: func.func @gradient(%[[U:.*]]: tensor<2xf64>, %[[WEIGHT:.*]]: tensor<f64>)
// CHECK: flow.read @staged.0
// CHECK: flow.read @staged.1
// CHECK: flow.accumulate @staged.0
// CHECK-NOT: flow.accumulate
// CHECK: flow.staged @staged.0 : tensor<2xf64> at 0{{$}}
// CHECK: flow.staged @staged.1 : tensor<2xf64> at 16 fixed
// CHECK-LABEL: func.func @stage_adjoint()
// CHECK: flow.accumulate @w
// CHECK-NOT: flow.accumulate
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @teacher.w : tensor<2xf64> {frozen, init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @objective(%u: tensor<2xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<2xf64>
    %x = arith.mulf %u, %w : tensor<2xf64>
    %t = flow.read @teacher.w : tensor<2xf64>
    %e = math.exp %t : tensor<2xf64>
    %p = arith.mulf %x, %e : tensor<2xf64>
    %o = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %o : tensor<f64>
  }
}
