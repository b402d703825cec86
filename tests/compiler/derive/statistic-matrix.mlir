// RUN: flow-opt %s --flow-derive-layers -verify-diagnostics

// The vector that a matrix is multiplied with may be made with a statistic; the matrix itself may not.
flow.model @m features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {}}
  flow.layer @good "good" {
  ^bb0(%x: tensor<2xf64>):
    flow.running @v variance %x {momentum = 0.9 : f64} : tensor<2xf64>
    %v = flow.read @v : tensor<2xf64>
    %w = flow.read @w : tensor<2x2xf64>
    %l = flow.causal %w rows [-1, 0] columns [0, 1] : tensor<2x2xf64>
    %p = arith.mulf %x, %v : tensor<2xf64>
    %q = flow.matvec %l, %p : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %x, %q : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
  flow.layer @bad "bad" {
  ^bb0(%x: tensor<2xf64>):
    flow.running @u variance %x {momentum = 0.9 : f64} : tensor<2xf64>
    %u = flow.read @u : tensor<2xf64>
    %s = flow.sum %u : tensor<2xf64> -> tensor<f64>
    // expected-error@+1 {{this matrix is made with a statistic over the batch}}
    %m = flow.splat %s : tensor<f64> -> tensor<2x2xf64>
    %w = flow.read @w : tensor<2x2xf64>
    %p = arith.mulf %w, %m : tensor<2x2xf64>
    %l = flow.causal %p rows [-1, 0] columns [0, 1] : tensor<2x2xf64>
    %q = flow.matvec %l, %x : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %x, %q : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
  flow.parameter @v : tensor<2xf64> {init = {}, frozen}
  flow.parameter @u : tensor<2xf64> {init = {}, frozen}
}
