// RUN: flow-opt %s --flow-lower-root --verify-diagnostics

func.func @tensor(%y: tensor<2xf64>) -> tensor<2xf64> {
  // expected-error @below {{cannot be lowered on 'tensor<2xf64>'; expected f32 or f64, a scalar or a one-dimensional vector}}
  %x = flow.root %y {lower = 0.0, upper = 1.0} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t, %t : tensor<2xf64>, tensor<2xf64>
  }
  return %x : tensor<2xf64>
}
