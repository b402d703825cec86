// RUN: flow-opt %s --flow-simplify | FileCheck %s

// log(x y) is not log|x| + log|y| where x y may be negative: the one is not a number there, the other is one.

// CHECK-LABEL: func.func @product(
// CHECK-NEXT: %[[P:.*]] = arith.mulf %arg0, %arg1
// CHECK-NEXT: %[[L:.*]] = math.log %[[P]]
// CHECK-NEXT: return %[[L]]
func.func @product(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %p = arith.mulf %x, %y : tensor<3xf64>
  %l = math.log %p : tensor<3xf64>
  return %l : tensor<3xf64>
}

// One positive factor is not enough.
// CHECK-LABEL: func.func @one_positive(
// CHECK: %[[P:.*]] = arith.mulf
// CHECK-NEXT: math.log %[[P]]
func.func @one_positive(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %x : tensor<3xf64>
  %p = arith.mulf %e, %y : tensor<3xf64>
  %l = math.log %p : tensor<3xf64>
  return %l : tensor<3xf64>
}

// Nor is a closed end at zero: sqrt(0) has no logarithm.
// CHECK-LABEL: func.func @closed_at_zero(
// CHECK: %[[R:.*]] = math.sqrt
// CHECK-NEXT: math.log %[[R]]
func.func @closed_at_zero(%x: tensor<3xf64>) -> tensor<3xf64> {
  %c = flow.constrained %x {low = 0.0 : f64, high = 2.0 : f64, low_open = false, high_open = false} : tensor<3xf64>
  %r = math.sqrt %c : tensor<3xf64>
  %l = math.log %r : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log(a^p) with a of unknown sign: (-1)^2 = 1 has a logarithm, -1 has none.
// CHECK-LABEL: func.func @power(
// CHECK: %[[P:.*]] = math.powf %arg0, %arg1
// CHECK: math.log
// CHECK-NOT: arith.mulf
func.func @power(%x: tensor<3xf64>, %p: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.powf %x, %p : tensor<3xf64>
  %a = math.absf %y : tensor<3xf64>
  %l = math.log %a : tensor<3xf64>
  return %l : tensor<3xf64>
}
