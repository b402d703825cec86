// RUN: flow-opt %s --flow-simplify | FileCheck %s

// Logarithms are taken apart, so that no product, quotient or exponential under one can over- or underflow.

// log e^x = x
// CHECK-LABEL: func.func @exponential(
// CHECK-NEXT: return %arg0
func.func @exponential(%x: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %x : tensor<3xf64>
  %l = math.log %e : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log|x y| = log|x| + log|y|
// CHECK-LABEL: func.func @product(
// CHECK-NEXT: %[[AX:.*]] = math.absf %arg0
// CHECK-NEXT: %[[LX:.*]] = math.log %[[AX]]
// CHECK-NEXT: %[[AY:.*]] = math.absf %arg1
// CHECK-NEXT: %[[LY:.*]] = math.log %[[AY]]
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[LX]], %[[LY]]
// CHECK-NEXT: return %[[SUM]]
func.func @product(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %p = arith.mulf %x, %y : tensor<3xf64>
  %a = math.absf %p : tensor<3xf64>
  %l = math.log %a : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log|x / y| = log|x| - log|y|: the order counts.
// CHECK-LABEL: func.func @quotient(
// CHECK-NEXT: %[[AX:.*]] = math.absf %arg0
// CHECK-NEXT: %[[LX:.*]] = math.log %[[AX]]
// CHECK-NEXT: %[[AY:.*]] = math.absf %arg1
// CHECK-NEXT: %[[LY:.*]] = math.log %[[AY]]
// CHECK-NEXT: %[[DIFFERENCE:.*]] = arith.subf %[[LX]], %[[LY]]
// CHECK-NEXT: return %[[DIFFERENCE]]
func.func @quotient(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %q = arith.divf %x, %y : tensor<3xf64>
  %a = math.absf %q : tensor<3xf64>
  %l = math.log %a : tensor<3xf64>
  return %l : tensor<3xf64>
}

// The rules feed each other: log(e^x e^y) = x + y, with no absolute value since e^x and e^y are positive.
// CHECK-LABEL: func.func @exponentials(
// CHECK-NEXT: %[[SUM:.*]] = arith.addf %arg0, %arg1
// CHECK-NEXT: return %[[SUM]]
func.func @exponentials(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %x : tensor<3xf64>
  %f = math.exp %y : tensor<3xf64>
  %p = arith.mulf %e, %f : tensor<3xf64>
  %l = math.log %p : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log(a^p) = p log a for a > 0, here a = e^x.
// CHECK-LABEL: func.func @power(
// CHECK-NEXT: %[[R:.*]] = arith.mulf %arg1, %arg0
// CHECK-NEXT: return %[[R]]
func.func @power(%x: tensor<3xf64>, %p: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %x : tensor<3xf64>
  %y = math.powf %e, %p : tensor<3xf64>
  %l = math.log %y : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log sqrt(a) = log(a) / 2 for a > 0; the fact comes from flow.constrained.
// CHECK-LABEL: func.func @root(
// CHECK-DAG: %[[HALF:.*]] = arith.constant dense<5.000000e-01>
// CHECK-DAG: %[[A:.*]] = flow.constrained %arg0
// CHECK: %[[L:.*]] = math.log %[[A]]
// CHECK-NEXT: %[[R:.*]] = arith.mulf %[[L]], %[[HALF]]
// CHECK-NEXT: return %[[R]]
func.func @root(%x: tensor<3xf64>) -> tensor<3xf64> {
  %c = flow.constrained %x {low = 1.0 : f64, high = 2.0 : f64, low_open = false, high_open = false} : tensor<3xf64>
  %r = math.sqrt %c : tensor<3xf64>
  %l = math.log %r : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log of a repeated scalar is one logarithm, repeated.
// CHECK-LABEL: func.func @splat(
// CHECK-NEXT: %[[A:.*]] = math.absf %arg0 : tensor<f64>
// CHECK-NEXT: %[[L:.*]] = math.log %[[A]] : tensor<f64>
// CHECK-NEXT: %[[S:.*]] = flow.splat %[[L]]
// CHECK-NEXT: return %[[S]]
func.func @splat(%x: tensor<f64>) -> tensor<3xf64> {
  %s = flow.splat %x : tensor<f64> -> tensor<3xf64>
  %a = math.absf %s : tensor<3xf64>
  %l = math.log %a : tensor<3xf64>
  return %l : tensor<3xf64>
}
