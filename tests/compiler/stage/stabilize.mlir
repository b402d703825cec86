// RUN: flow-opt %s --flow-stabilize | FileCheck %s

// Where all terms of a sum can be 0 at once, its logarithm is taken from the largest term's.

// log(e^x + e^y)
// CHECK-LABEL: func.func @exponentials(
// CHECK: %[[EX:.*]] = math.exp %arg0
// CHECK: %[[EY:.*]] = math.exp %arg1
// CHECK: %[[LX:.*]] = math.log %[[EX]]
// CHECK: %[[LY:.*]] = math.log %[[EY]]
// CHECK: %[[MAX:.*]] = arith.maximumf %[[LX]], %[[LY]]
// CHECK: %[[M:.*]] = flow.detach %[[MAX]]
// CHECK: %[[DX:.*]] = arith.subf %[[LX]], %[[M]]
// CHECK: %[[FX:.*]] = math.exp %[[DX]]
// CHECK: %[[DY:.*]] = arith.subf %[[LY]], %[[M]]
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
