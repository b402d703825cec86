// RUN: flow-opt %s --flow-expand-math | FileCheck %s
// RUN: flow-opt %s --flow-expand-math | FileCheck %s --check-prefix=GONE

// What is left is arithmetic that every target has.
// GONE-NOT: math.{{(exp|log|tanh|sinh|cosh|asinh|acosh|atanh|sin|cos|tan|atan|erf)}}
// GONE-NOT: {{= flow\.}}

// CHECK-LABEL: func.func @tanh(
// CHECK: math.absf
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK: arith.divf
// CHECK: math.copysign
// CHECK: return
func.func @tanh(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.tanh %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func.func @sinh(
// CHECK: arith.divf
// CHECK: math.copysign
// CHECK: return
func.func @sinh(%x: f64) -> f64 {
  %y = math.sinh %x : f64
  return %y : f64
}

// CHECK-LABEL: func.func @cosh(
// CHECK: math.absf
// CHECK: arith.divf
// CHECK: return
func.func @cosh(%x: f32) -> f32 {
  %y = math.cosh %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @asinh(
// CHECK: math.sqrt {{.*}} : vector<4xf64>
// CHECK: math.copysign
// CHECK: return
func.func @asinh(%x: vector<4xf64>) -> vector<4xf64> {
  %y = math.asinh %x : vector<4xf64>
  return %y : vector<4xf64>
}

// CHECK-LABEL: func.func @acosh(
// CHECK: math.sqrt
// CHECK: return
func.func @acosh(%x: f32) -> f32 {
  %y = math.acosh %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @atanh(
// CHECK: arith.divf
// CHECK: math.copysign
// CHECK: return
func.func @atanh(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.atanh %x : vector<8xf32>
  return %y : vector<8xf32>
}
