// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse | FileCheck %s

// An affine coupling: two levels. The inverse evaluates the network once, on the half that it passes through, and the division by
// exp(s) has become a product; the log-determinant is the sum of the log-scales, without a logarithm.

// CHECK: flow.layer @L "coupling" attributes {levels = 2 : i64}
// CHECK-LABEL: func.func @L.forward(
// CHECK: %[[H:.*]] = flow.matvec
// CHECK: %[[S:.*]] = flow.extract %[[H]] [0, 1]
// CHECK-NOT: math.log
// CHECK: %[[D:.*]] = flow.sum %[[S]]
// CHECK: return %{{.*}}, %[[D]]

// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[A:.*]] = flow.extract %arg0 [0, 2]
// CHECK: %[[B:.*]] = flow.extract %arg0 [1, 3]
// CHECK: flow.matvec %{{.*}}, %[[A]]
// CHECK-NOT: flow.matvec
// CHECK: arith.subf %[[B]]
// CHECK: arith.negf
// CHECK: math.exp
// CHECK-NOT: arith.divf
// CHECK: flow.merge(%[[A]],
// CHECK: arith.negf
flow.model @m features 4 {
  flow.parameter @w : tensor<4x2xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "coupling" {
  ^bb0(%x: tensor<4xf64>):
    %a = flow.extract %x [0, 2] : tensor<4xf64> -> tensor<2xf64>
    %b = flow.extract %x [1, 3] : tensor<4xf64> -> tensor<2xf64>
    %w = flow.read @w : tensor<4x2xf64>
    %h = flow.matvec %w, %a : tensor<4x2xf64>, tensor<2xf64> -> tensor<4xf64>
    %s = flow.extract %h [0, 1] : tensor<4xf64> -> tensor<2xf64>
    %t = flow.extract %h [2, 3] : tensor<4xf64> -> tensor<2xf64>
    %e = math.exp %s : tensor<2xf64>
    %m = arith.mulf %b, %e : tensor<2xf64>
    %y = arith.addf %m, %t : tensor<2xf64>
    %r = flow.merge(%a, %y) [array<i64: 0, 2>, array<i64: 1, 3>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
    flow.return %r : tensor<4xf64>
  }
}
