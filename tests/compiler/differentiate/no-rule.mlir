// RUN: flow-opt %s --flow-differentiate --verify-diagnostics

// An op that answers no question about its derivative is an error where a gradient must pass through it, and nowhere else.
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<2xf64>
    %u = math.ceil %x : tensor<2xf64>
    // expected-error @below {{has no derivative rule}}
    %v = math.ceil %w : tensor<2xf64>
    %y = arith.mulf %u, %v : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
