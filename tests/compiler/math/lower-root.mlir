// RUN: flow-opt %s --flow-lower-root | FileCheck %s

// All lanes iterate until each has converged; the body is inlined, its captured values stay outside.

// CHECK-LABEL: func.func @lanes(
// CHECK-SAME: %[[Y:.*]]: vector<8xf32>, %[[A:.*]]: vector<8xf32>
// CHECK: scf.while (%{{.*}}, %{{.*}}, %[[T:.*]] = %{{.*}}, %{{.*}}, %[[GOING:.*]] = %{{.*}}, %[[ROUND:.*]] = %{{.*}})
// CHECK: arith.cmpi ult, %[[ROUND]]
// CHECK: vector.reduction <or>, %[[GOING]] : vector<8xi1> into i1
// CHECK: scf.condition
// CHECK: } do {
// CHECK: math.sin
// CHECK: arith.subf %{{.*}}, %[[Y]]
// CHECK: arith.cmpf olt
// CHECK: scf.yield
// CHECK-NOT: flow.
func.func @lanes(%y: vector<8xf32>, %a: vector<8xf32>) -> vector<8xf32> {
  %x = flow.root %y {lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64} : vector<8xf32> {
  ^bb0(%t: vector<8xf32>):
    %one = arith.constant dense<1.0> : vector<8xf32>
    %s = math.sin %t : vector<8xf32>
    %f = math.fma %a, %s, %t : vector<8xf32>
    %c = math.cos %t : vector<8xf32>
    %df = math.fma %a, %c, %one : vector<8xf32>
    flow.yield %f, %df : vector<8xf32>, vector<8xf32>
  }
  return %x : vector<8xf32>
}

// A finite domain starts in its middle; a decreasing formula turns the comparisons.
// CHECK-LABEL: func.func @scalar(
// CHECK: arith.constant 2.500000e-01 : f64
// CHECK: scf.while
// CHECK-NOT: vector.reduction
// CHECK: } do {
// CHECK: %[[G:.*]] = arith.subf %{{.*}}, %arg0 : f64
// CHECK: arith.cmpf ogt, %[[G]]
func.func @scalar(%y: f64) -> f64 {
  %x = flow.root %y {lower = 0.0, upper = 0.5, decreasing} : f64 {
  ^bb0(%t: f64):
    %one = arith.constant -1.0 : f64
    %f = arith.negf %t : f64
    flow.yield %f, %one : f64, f64
  }
  return %x : f64
}

// A sum is taken from the target term by term, with what each addition rounds off; in every branch of a choice by itself.
// CHECK-LABEL: func.func @pieces(
// CHECK-SAME: %[[Y:.*]]: f64, %[[BOTTOM:.*]]: f64
// CHECK: } do {
// CHECK: ^bb0(%{{[a-z0-9]+}}: f64, %{{[a-z0-9]+}}: f64, %[[T:[a-z0-9]+]]: f64,
// CHECK: %[[INSIDE:.*]] = arith.cmpf
// CHECK: %[[S:.*]] = math.sin %[[T]]
// CHECK: %[[FIRST:.*]] = arith.subf %[[BOTTOM]], %[[Y]]
// CHECK: %[[SUM:.*]] = arith.addf %[[FIRST]], %[[S]]
// CHECK: %[[PIECE:.*]] = arith.addf %[[SUM]], %{{.*}}
// CHECK: %[[OUTSIDE:.*]] = arith.subf %[[T]], %[[Y]]
// CHECK: arith.select %[[INSIDE]], %[[PIECE]], %[[OUTSIDE]]
func.func @pieces(%y: f64, %bottom: f64) -> f64 {
  %x = flow.root %y {lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64} : f64 {
  ^bb0(%t: f64):
    %one = arith.constant 1.0 : f64
    %inside = arith.cmpf olt, %t, %one : f64
    %s = math.sin %t : f64
    %piece = arith.addf %bottom, %s : f64
    %f = arith.select %inside, %piece, %t : f64
    %c = math.cos %t : f64
    flow.yield %f, %c : f64, f64
  }
  return %x : f64
}
