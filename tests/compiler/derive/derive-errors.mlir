// RUN: flow-opt %s --flow-derive-layers --split-input-file --verify-diagnostics

flow.model @oscillating features 2 {
  // expected-error @below {{cannot prove that `oscillating` is increasing or decreasing}}
  flow.layer @L "oscillating" {
  ^bb0(%x: tensor<2xf64>):
    %two = arith.constant dense<2.0> : tensor<2xf64>
    %s = math.sin %x : tensor<2xf64>
    %w = arith.mulf %two, %s : tensor<2xf64>
    %y = arith.addf %x, %w : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// A factor that may be 0 is not undone by a division.
flow.model @free features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  // expected-error @below {{cannot prove that `free` is increasing or decreasing}}
  flow.layer @L "free" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2xf64>
    %y = arith.mulf %x, %w : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

flow.model @mixing features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 1.0}}
  // expected-error @below {{`mixing` cannot be inverted one element at a time: 2 of its outputs}}
  flow.layer @L "mixing" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    // expected-note @below {{output 0 needs inputs 0, 1}}
    // expected-note @below {{output 1 needs inputs 0, 1}}
    %y = flow.matvec %w, %x : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

flow.model @rough features 2 {
  flow.layer @L "rough" {
  ^bb0(%x: tensor<2xf64>):
    %w = arith.constant dense<1.0> : tensor<3xf64>
    // expected-error @below {{op piece 1 has 2 elements for 1 indices}}
    %y = flow.merge(%x, %x) [array<i64: 0, 1>, array<i64: 2>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<3xf64>
    flow.return %x : tensor<2xf64>
  }
}

// -----

flow.model @unranked features 2 {
  flow.parameter @w : tensor<2x3xf64> {init = {kind = "constant", value = 1.0}}
  flow.layer @L "unranked" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x3xf64>
    // expected-error @below {{op has ranks for 2 x 2, but the matrix is 2 x 3}}
    %c = flow.causal %w rows [0, 1] columns [0, 1] : tensor<2x3xf64>
    flow.return %x : tensor<2xf64>
  }
}

// -----

// A mask that is not strict: every output sees its own input through the network, too.
flow.model @diagonal features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 1.0}}
  // expected-error @below {{cannot prove that `diagonal` has an inverse: its matrix is triangular, but its diagonal may have a 0}}
  flow.layer @L "diagonal" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %c = flow.causal %w rows [0, 1] columns [0, 1] : tensor<2x2xf64>
    %t = flow.matvec %c, %x : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %x, %t : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// x + tanh(w . x) u with any u folds over itself.
flow.model @folding features 2 {
  flow.parameter @u : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  // expected-error @below {{cannot prove that `folding` has an inverse: its outputs are coupled through a number, and the equation for it may have several solutions}}
  flow.layer @L "folding" {
  ^bb0(%x: tensor<2xf64>):
    %u = flow.read @u : tensor<2xf64>
    // expected-note @below {{with a number known, every input follows from the output}}
    %s = flow.sum %x : tensor<2xf64> -> tensor<f64>
    %t = math.tanh %s : tensor<f64>
    %ts = flow.splat %t : tensor<f64> -> tensor<2xf64>
    %p = arith.mulf %u, %ts : tensor<2xf64>
    %y = arith.addf %x, %p : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

flow.model @steep features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 0.1}}
  // expected-error @below {{what it adds to its input has the Lipschitz bound 1.01}}
  flow.layer @L "steep" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %b = flow.norm_bounded %w {bound = 1.01 : f64} : tensor<2x2xf64>
    %h = math.tanh %x : tensor<2xf64>
    %g = flow.matvec %b, %h : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %y = arith.addf %x, %g : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

flow.model @large features 1025 {
  flow.parameter @w : tensor<1025x1025xf64> {init = {kind = "constant", value = 0.1}}
  // expected-error @below {{is a contraction on 1025 features: its log-determinant takes a matrix of as many rows and columns}}
  flow.layer @L "large" {
  ^bb0(%x: tensor<1025xf64>):
    %w = flow.read @w : tensor<1025x1025xf64>
    %b = flow.norm_bounded spectral %w {bound = 0.5 : f64} : tensor<1025x1025xf64>
    %h = math.tanh %x : tensor<1025xf64>
    %g = flow.matvec %b, %h : tensor<1025x1025xf64>, tensor<1025xf64> -> tensor<1025xf64>
    %y = arith.addf %x, %g : tensor<1025xf64>
    flow.return %y : tensor<1025xf64>
  }
}

// -----

flow.model @nothing_to_estimate features 2 {
  // expected-error @below {{there is no log-determinant to estimate: that of every layer is exact and cheap}}
  flow.estimate least 2 keep 5.000000e-01
  flow.layer @L "tanh" {
  ^bb0(%x: tensor<2xf64>):
    %y = math.tanh %x : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
