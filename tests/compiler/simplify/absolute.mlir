// RUN: flow-opt %s --flow-simplify | FileCheck %s

// |x| = x for x > 0
// CHECK-LABEL: func.func @positive(
// CHECK-NEXT: %[[E:.*]] = math.exp %arg0
// CHECK-NEXT: return %[[E]]
func.func @positive(%x: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %x : tensor<3xf64>
  %a = math.absf %e : tensor<3xf64>
  return %a : tensor<3xf64>
}

// |-x| = |x|
// CHECK-LABEL: func.func @negated(
// CHECK-NEXT: %[[A:.*]] = math.absf %arg0
// CHECK-NEXT: return %[[A]]
func.func @negated(%x: tensor<3xf64>) -> tensor<3xf64> {
  %n = arith.negf %x : tensor<3xf64>
  %a = math.absf %n : tensor<3xf64>
  return %a : tensor<3xf64>
}

// |x| of an x that a declared domain says nothing useful of stays.
// CHECK-LABEL: func.func @unknown(
// CHECK-NEXT: %[[C:.*]] = flow.constrained %arg0
// CHECK-NEXT: %[[A:.*]] = math.absf %[[C]]
// CHECK-NEXT: return %[[A]]
func.func @unknown(%x: tensor<3xf64>) -> tensor<3xf64> {
  %c = flow.constrained %x {low = -1.0 : f64, high = 1.0 : f64, low_open = true, high_open = true} : tensor<3xf64>
  %a = math.absf %c : tensor<3xf64>
  return %a : tensor<3xf64>
}

// sqrt(c^2 a) = |c| sqrt(a)
// CHECK-LABEL: func.func @root_of_scaled(
// CHECK-NEXT: %[[A:.*]] = math.absf %arg0
// CHECK-NEXT: %[[R:.*]] = math.sqrt %arg1
// CHECK-NEXT: %[[P:.*]] = arith.mulf %[[A]], %[[R]]
// CHECK-NEXT: return %[[P]]
func.func @root_of_scaled(%c: tensor<3xf64>, %a: tensor<3xf64>) -> tensor<3xf64> {
  %s = flow.square %c : tensor<3xf64>
  %p = arith.mulf %s, %a : tensor<3xf64>
  %r = math.sqrt %p : tensor<3xf64>
  return %r : tensor<3xf64>
}
