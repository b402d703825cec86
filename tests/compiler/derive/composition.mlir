// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// Two couplings in one body: the second one's network sees what the first has made, so that no element can be solved before all of
// them. Where the first is done there are as many elements as features, moved ones included: one map after the other.

// CHECK: flow.layer @L "both" attributes {levels = 4 : i64}
// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.matvec
// CHECK: flow.matvec
// CHECK-NOT: flow.matvec
// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[B:.*]] = flow.extract %arg0 [1]
// CHECK: %[[A:.*]] = flow.extract %arg0 [0]
// CHECK: %[[T:.*]] = flow.matvec %{{.*}}, %[[B]]
// CHECK: %[[A2:.*]] = arith.subf %[[A]], %[[T]]
// CHECK: flow.matvec %{{.*}}, %[[A2]]
// CHECK: arith.subf %[[B]]
// CHECK-NOT: flow.layer
flow.model @m features 2 {
  flow.parameter @w : tensor<1x1xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "both" {
  ^bb0(%x: tensor<2xf64>):
    %a = flow.extract %x [0] : tensor<2xf64> -> tensor<1xf64>
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    %w = flow.read @w : tensor<1x1xf64>
    %h = flow.matvec %w, %a : tensor<1x1xf64>, tensor<1xf64> -> tensor<1xf64>
    %b2 = arith.addf %b, %h : tensor<1xf64>
    %g = flow.matvec %w, %b2 : tensor<1x1xf64>, tensor<1xf64> -> tensor<1xf64>
    %a2 = arith.addf %a, %g : tensor<1xf64>
    %r = flow.merge(%a2, %b2) [array<i64: 0>, array<i64: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    flow.return %r : tensor<2xf64>
  }
}

// -----

// A number taken out of a vector and put back is the element that it was.
// CHECK: flow.layer @L "apart" attributes {levels = 1 : i64}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.log
flow.model @numbers features 2 {
  flow.layer @L "apart" {
  ^bb0(%x: tensor<2xf64>):
    %z = math.exp %x : tensor<2xf64>
    %a = flow.extract %z [0] : tensor<2xf64> -> tensor<1xf64>
    %s = flow.sum %a : tensor<1xf64> -> tensor<f64>
    %t = math.log %s : tensor<f64>
    %a1 = flow.splat %t : tensor<f64> -> tensor<1xf64>
    %b = flow.extract %z [1] : tensor<2xf64> -> tensor<1xf64>
    %r = flow.merge(%a1, %b) [array<i64: 0>, array<i64: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    flow.return %r : tensor<2xf64>
  }
}

// -----

// Between two stages the first one's ranges are facts of the second: e^s > 0 there, so that it can be divided by.
// CHECK-LABEL: func.func @L.inverse(
// CHECK: arith.divf
// CHECK: math.log
flow.model @ranges features 2 {
  flow.layer @L "ranges" {
  ^bb0(%x: tensor<2xf64>):
    %p = flow.extract %x [0] : tensor<2xf64> -> tensor<1xf64>
    %q = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    %ep = math.exp %p : tensor<1xf64>
    %t = arith.mulf %q, %ep : tensor<1xf64>
    %u = math.tanh %t : tensor<1xf64>
    %v = arith.addf %ep, %u : tensor<1xf64>
    %r = flow.merge(%v, %t) [array<i64: 0>, array<i64: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    flow.return %r : tensor<2xf64>
  }
}
