// RUN: flow-opt %s --flow-stabilize | FileCheck %s

// Where all terms of a sum can be 0 at once, its logarithm is taken from the largest term's, which is known without the term.

// log(e^x + e^y)
// CHECK-LABEL: func.func @exponentials(
// CHECK: %[[MAX:.*]] = arith.maximumf %arg0, %arg1
// CHECK: %[[M:.*]] = flow.detach %[[MAX]]
// CHECK: %[[DX:.*]] = arith.subf %arg0, %[[M]]
// CHECK: %[[FX:.*]] = math.exp %[[DX]]
// CHECK: %[[DY:.*]] = arith.subf %arg1, %[[M]]
// CHECK: %[[FY:.*]] = math.exp %[[DY]]
// CHECK: %[[SUM:.*]] = arith.addf %[[FX]], %[[FY]]
// CHECK: %[[LOG:.*]] = math.log %[[SUM]]
// CHECK: %[[RESULT:.*]] = arith.addf %[[M]], %[[LOG]]
// CHECK: return %[[RESULT]]
func.func @exponentials(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %a = math.exp %x : tensor<3xf64>
  %b = math.exp %y : tensor<3xf64>
  %s = arith.addf %a, %b : tensor<3xf64>
  %l = math.log %s : tensor<3xf64>
  return %l : tensor<3xf64>
}

// One term that stays keeps the sum away from 0.
// CHECK-LABEL: func.func @with_constant(
// CHECK-NOT: flow.detach
func.func @with_constant(%x: tensor<3xf64>) -> tensor<3xf64> {
  %one = arith.constant dense<1.0> : tensor<3xf64>
  %a = math.exp %x : tensor<3xf64>
  %s = arith.addf %a, %one : tensor<3xf64>
  %l = math.log %s : tensor<3xf64>
  return %l : tensor<3xf64>
}

// A term that may be negative has no logarithm.
// CHECK-LABEL: func.func @with_sign(
// CHECK-NOT: flow.detach
func.func @with_sign(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %a = math.exp %x : tensor<3xf64>
  %p = arith.mulf %y, %a : tensor<3xf64>
  %s = arith.addf %a, %p : tensor<3xf64>
  %m = math.absf %s : tensor<3xf64>
  %l = math.log %m : tensor<3xf64>
  return %l : tensor<3xf64>
}

// What was taken from the largest is taken from it once.
// CHECK-LABEL: func.func @shifted(
// CHECK-NOT: flow.detach
func.func @shifted(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %m = arith.maximumf %x, %y : tensor<3xf64>
  %u = arith.subf %x, %m : tensor<3xf64>
  %v = arith.subf %y, %m : tensor<3xf64>
  %a = math.exp %u : tensor<3xf64>
  %b = math.exp %v : tensor<3xf64>
  %s = arith.addf %a, %b : tensor<3xf64>
  %l = math.log %s : tensor<3xf64>
  return %l : tensor<3xf64>
}

// The slope of a logarithm is a quotient of two such sums, and so is what its own logarithm is taken of: e^(log above - log below).
// CHECK-LABEL: func.func @quotient(
// CHECK-NOT: arith.divf
// CHECK: %[[N:.*]] = flow.detach
// CHECK: %[[ABOVE:.*]] = arith.addf %[[N]],
// CHECK: %[[M:.*]] = flow.detach
// CHECK: %[[BELOW:.*]] = arith.addf %[[M]],
// CHECK: %[[DIFFERENCE:.*]] = arith.subf %[[ABOVE]], %[[BELOW]]
// CHECK: %[[QUOTIENT:.*]] = math.exp %[[DIFFERENCE]]
// CHECK: %[[LOG:.*]] = arith.subf %[[ABOVE]], %[[BELOW]]
// CHECK: return %[[QUOTIENT]], %[[LOG]]
func.func @quotient(%x: tensor<3xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %a = flow.sigmoid %x : tensor<3xf64>
  %b = flow.sigmoid %y : tensor<3xf64>
  %aa = arith.mulf %a, %a : tensor<3xf64>
  %bb = arith.mulf %b, %b : tensor<3xf64>
  %n = arith.addf %aa, %bb : tensor<3xf64>
  %d = arith.addf %a, %b : tensor<3xf64>
  %q = arith.divf %n, %d : tensor<3xf64>
  %l = math.log %q : tensor<3xf64>
  return %q, %l : tensor<3xf64>, tensor<3xf64>
}

// A numerator that stays away from 0 has its quotient as it is.
// CHECK-LABEL: func.func @one_above(
// CHECK: arith.divf
func.func @one_above(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %one = arith.constant dense<1.0> : tensor<3xf64>
  %a = math.exp %x : tensor<3xf64>
  %b = math.exp %y : tensor<3xf64>
  %d = arith.addf %a, %b : tensor<3xf64>
  %q = arith.divf %one, %d : tensor<3xf64>
  return %q : tensor<3xf64>
}
