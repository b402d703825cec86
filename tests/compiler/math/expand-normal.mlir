// RUN: flow-opt %s --flow-expand-math | FileCheck %s
// RUN: flow-opt %s --flow-expand-math | FileCheck %s --check-prefix=GONE

// What is left is arithmetic that every target has.
// GONE-NOT: math.{{(exp|log|tanh|sinh|cosh|asinh|acosh|atanh|sin|cos|tan|atan|erf)}}
// GONE-NOT: {{= flow\.}}

// No division in f32.
// CHECK-LABEL: func.func @erf(
// CHECK-NOT: arith.divf
// CHECK: math.copysign
// CHECK-NOT: arith.divf
// CHECK: return
func.func @erf(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.erf %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func.func @normal_cdf(
// CHECK: math.absf
// CHECK: arith.divf
// CHECK: arith.divf
// CHECK: return
func.func @normal_cdf(%x: f32) -> f32 {
  %y = flow.normal_cdf %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @normal_quantile(
// CHECK: math.sqrt {{.*}} : vector<4xf64>
// CHECK: arith.divf
// CHECK: math.copysign
// CHECK: return
func.func @normal_quantile(%x: vector<4xf64>) -> vector<4xf64> {
  %y = flow.normal_quantile %x : vector<4xf64>
  return %y : vector<4xf64>
}
