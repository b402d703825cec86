// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// A monotone formula in which the unknown stands twice has no closed form: its inverse is a root, and the log-determinant is that of
// the formula's derivative at the root.

// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[X:.*]] = flow.root %{{.*}} {lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64}
// CHECK: math.sin
// CHECK: math.cos
// CHECK: flow.yield
// CHECK: math.cos %[[X]]
flow.model @wavy features 2 {
  flow.layer @L "wavy" {
  ^bb0(%x: tensor<2xf64>):
    %half = arith.constant dense<0.5> : tensor<2xf64>
    %s = math.sin %x : tensor<2xf64>
    %w = arith.mulf %half, %s : tensor<2xf64>
    %y = arith.addf %x, %w : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// Decreasing: -x + cos(x) / 2.
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.root %{{.*}} {decreasing, lower
flow.model @falling features 2 {
  flow.layer @L "falling" {
  ^bb0(%x: tensor<2xf64>):
    %half = arith.constant dense<0.5> : tensor<2xf64>
    %c = math.cos %x : tensor<2xf64>
    %w = arith.mulf %half, %c : tensor<2xf64>
    %y = arith.subf %w, %x : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// x + sinh(x): the derivative 1 + cosh(x) is at least 2.
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.root
// CHECK: math.cosh
flow.model @steep features 2 {
  flow.layer @L "steep" {
  ^bb0(%x: tensor<2xf64>):
    %s = math.sinh %x : tensor<2xf64>
    %y = arith.addf %x, %s : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// -----

// The domain bounds the root: x + log(x) on (0, inf).
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.root %{{.*}} {lower = 0.000000e+00 : f64
flow.model @bounded features 2 {
  flow.layer @L "bounded" attributes {lower = 0.0 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<2xf64>):
    %l = math.log %x : tensor<2xf64>
    %y = arith.addf %x, %l : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
