// RUN: flow-opt %s --flow-simplify | FileCheck %s

// Units and signs. (x - 0, 1 x, x / 1 and -(-x) are folded by MLIR already.)

// x + 0 = x and x 0 = 0: over the real numbers, which MLIR does not assume.
// CHECK-LABEL: func.func @zero(
// CHECK-NEXT: %[[ZERO:.*]] = arith.constant dense<0.000000e+00>
// CHECK-NEXT: return %arg0, %[[ZERO]]
func.func @zero(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %zero = arith.constant dense<0.0> : tensor<3xf64>
  %s = arith.addf %x, %zero : tensor<3xf64>
  %p = arith.mulf %x, %zero : tensor<3xf64>
  return %s, %p : tensor<3xf64>, tensor<3xf64>
}

// 0 - x = -x and -1 x = -x
// CHECK-LABEL: func.func @negative(
// CHECK-NEXT: %[[N:.*]] = arith.negf %arg0
// CHECK-NEXT: %[[M:.*]] = arith.negf %arg1
// CHECK-NEXT: return %[[N]], %[[M]]
func.func @negative(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %zero = arith.constant dense<0.0> : tensor<3xf64>
  %minus = arith.constant dense<-1.0> : tensor<3xf64>
  %d = arith.subf %zero, %x : tensor<3xf64>
  %p = arith.mulf %minus, %y : tensor<3xf64>
  return %d, %p : tensor<3xf64>, tensor<3xf64>
}

// x + -y = x - y, on either side.
// CHECK-LABEL: func.func @add_negative(
// CHECK-NEXT: %[[R:.*]] = arith.subf %arg0, %arg1
// CHECK-NEXT: %[[L:.*]] = arith.subf %arg1, %arg0
// CHECK-NEXT: return %[[R]], %[[L]]
func.func @add_negative(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %ny = arith.negf %y : tensor<3xf64>
  %nx = arith.negf %x : tensor<3xf64>
  %r = arith.addf %x, %ny : tensor<3xf64>
  %l = arith.addf %nx, %y : tensor<3xf64>
  return %r, %l : tensor<3xf64>, tensor<3xf64>
}

// x - -y = x + y
// CHECK-LABEL: func.func @subtract_negative(
// CHECK-NEXT: %[[R:.*]] = arith.addf %arg0, %arg1
// CHECK-NEXT: return %[[R]]
func.func @subtract_negative(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %n = arith.negf %y : tensor<3xf64>
  %r = arith.subf %x, %n : tensor<3xf64>
  return %r : tensor<3xf64>
}

// (-x) y = -(x y), on either side.
// CHECK-LABEL: func.func @multiply_negative(
// CHECK-NEXT: %[[P:.*]] = arith.mulf %arg0, %arg1
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[P]]
// CHECK-NEXT: %[[Q:.*]] = arith.mulf {{%arg0, %arg1|%arg1, %arg0}}
// CHECK-NEXT: %[[M:.*]] = arith.negf %[[Q]]
// CHECK-NEXT: return %[[N]], %[[M]]
func.func @multiply_negative(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %nx = arith.negf %x : tensor<3xf64>
  %ny = arith.negf %y : tensor<3xf64>
  %r = arith.mulf %nx, %y : tensor<3xf64>
  %l = arith.mulf %x, %ny : tensor<3xf64>
  return %r, %l : tensor<3xf64>, tensor<3xf64>
}

// x / e^y = x e^-y: no division, and no infinity where e^y overflows.
// CHECK-LABEL: func.func @divide_by_exponential(
// CHECK-NEXT: %[[N:.*]] = arith.negf %arg1
// CHECK-NEXT: %[[E:.*]] = math.exp %[[N]]
// CHECK-NEXT: %[[P:.*]] = arith.mulf %arg0, %[[E]]
// CHECK-NEXT: return %[[P]]
func.func @divide_by_exponential(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %e = math.exp %y : tensor<3xf64>
  %q = arith.divf %x, %e : tensor<3xf64>
  return %q : tensor<3xf64>
}

// -(x - y) = y - x
// CHECK-LABEL: func.func @negated_difference(
// CHECK-NEXT: %[[D:.*]] = arith.subf %arg1, %arg0
// CHECK-NEXT: return %[[D]]
func.func @negated_difference(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %d = arith.subf %x, %y : tensor<3xf64>
  %n = arith.negf %d : tensor<3xf64>
  return %n : tensor<3xf64>
}

// ... unless the difference is needed anyway: then one sign is cheaper than a second difference.
// CHECK-LABEL: func.func @shared_difference(
// CHECK-NEXT: %[[D:.*]] = arith.subf %arg0, %arg1
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[D]]
// CHECK-NEXT: return %[[D]], %[[N]]
func.func @shared_difference(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %d = arith.subf %x, %y : tensor<3xf64>
  %n = arith.negf %d : tensor<3xf64>
  return %d, %n : tensor<3xf64>, tensor<3xf64>
}

// A tensor with different elements is not the number of its first.
// CHECK-LABEL: func.func @table(
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @table(%x: tensor<2xf64>) -> tensor<2xf64> {
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %b = arith.constant dense<[0.0, 1.0]> : tensor<2xf64>
  %p = arith.mulf %x, %a : tensor<2xf64>
  %s = arith.addf %p, %b : tensor<2xf64>
  return %s : tensor<2xf64>
}

// z - (-x - y) / w = z + (x + y) / w: the sign shows
// CHECK-LABEL: func.func @subtract_negative_sum(
// CHECK-NEXT: %[[S:.*]] = arith.addf %arg0, %arg1
// CHECK-NEXT: %[[Q:.*]] = arith.divf %[[S]], %arg2
// CHECK-NEXT: %[[R:.*]] = arith.addf %arg3, %[[Q]]
// CHECK-NEXT: return %[[R]]
func.func @subtract_negative_sum(%x: tensor<3xf64>, %y: tensor<3xf64>, %w: tensor<3xf64>, %z: tensor<3xf64>) -> tensor<3xf64> {
  %n = arith.negf %x : tensor<3xf64>
  %s = arith.subf %n, %y : tensor<3xf64>
  %q = arith.divf %s, %w : tensor<3xf64>
  %r = arith.subf %z, %q : tensor<3xf64>
  return %r : tensor<3xf64>
}
