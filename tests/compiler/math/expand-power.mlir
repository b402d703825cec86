// RUN: flow-opt %s --flow-expand-math | FileCheck %s

// CHECK-LABEL: func.func @square(
// CHECK-NEXT: arith.mulf %arg0, %arg0
// CHECK-NEXT: return
func.func @square(%x: vector<8xf32>) -> vector<8xf32> {
  %y = flow.square %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func.func @cube(
// CHECK-NEXT: %[[S:.*]] = arith.mulf %arg0, %arg0
// CHECK-NEXT: arith.mulf %[[S]], %arg0
// CHECK-NEXT: return
func.func @cube(%x: f64) -> f64 {
  %y = flow.cube %x : f64
  return %y : f64
}

// Neither a division nor a loop.
// CHECK-LABEL: func.func @cbrt(
// CHECK-NOT: arith.divf
// CHECK: arith.muli
// CHECK-NOT: arith.divf
// CHECK: math.copysign
func.func @cbrt(%x: f32) -> f32 {
  %y = math.cbrt %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @rsqrt(
// CHECK: math.sqrt
// CHECK-NEXT: arith.divf
func.func @rsqrt(%x: f32) -> f32 {
  %y = math.rsqrt %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @pow(
// CHECK: arith.divf
// CHECK: math.fma
// CHECK-NOT: math.powf
// CHECK: return
func.func @pow(%x: f32, %y: f32) -> f32 {
  %z = math.powf %x, %y : f32
  return %z : f32
}

// A small constant exponent: x^5 = (x^2)^2 x.
// CHECK-LABEL: func.func @fifth(
// CHECK: %[[S:.*]] = arith.mulf %arg0, %arg0
// CHECK-NEXT: %[[F:.*]] = arith.mulf %[[S]], %[[S]]
// CHECK-NEXT: arith.mulf %[[F]], %arg0
// CHECK-NEXT: return
func.func @fifth(%x: vector<4xf64>) -> vector<4xf64> {
  %five = arith.constant dense<5.0> : vector<4xf64>
  %z = math.powf %x, %five : vector<4xf64>
  return %z : vector<4xf64>
}

// CHECK-LABEL: func.func @root(
// CHECK: math.sqrt %arg0
// CHECK-NEXT: return
func.func @root(%x: f32) -> f32 {
  %half = arith.constant 0.5 : f32
  %z = math.powf %x, %half : f32
  return %z : f32
}

// Other element types, and tensors, are left alone.
// CHECK-LABEL: func.func @others(
// CHECK-NEXT: math.exp %arg0 : bf16
// CHECK-NEXT: math.exp %arg1 : tensor<4xf32>
func.func @others(%x: bf16, %t: tensor<4xf32>) -> (bf16, tensor<4xf32>) {
  %y = math.exp %x : bf16
  %u = math.exp %t : tensor<4xf32>
  return %y, %u : bf16, tensor<4xf32>
}
