// RUN: flow-opt %s --flow-expand-math | FileCheck %s
// RUN: flow-opt %s --flow-expand-math | FileCheck %s --check-prefix=GONE

// What is left is arithmetic that every target has.
// GONE-NOT: math.{{(exp|log|tanh|sinh|cosh|asinh|acosh|atanh|sin|cos|tan|atan|erf)}}
// GONE-NOT: {{= flow\.}}

// Two thirds of the kernel: the nearest integer by adding 1.5 * 2^23, a polynomial, the scaling in two steps.
// CHECK-LABEL: func.func @exp(
// CHECK: %[[SHIFTED:.*]] = math.fma %{{.*}}, %{{.*}}, %[[MAGIC:.*]] : f32
// CHECK: arith.subf %[[SHIFTED]], %[[MAGIC]]
// CHECK: arith.bitcast %[[SHIFTED]] : f32 to i32
// CHECK: arith.shrsi
// CHECK: arith.mulf
// CHECK: arith.mulf
// CHECK: return
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @expm1(
// CHECK: math.fma
// CHECK: arith.bitcast {{.*}} : f64 to i64
// CHECK: return
func.func @expm1(%x: f64) -> f64 {
  %y = math.expm1 %x : f64
  return %y : f64
}

// No division in f32.
// CHECK-LABEL: func.func @log(
// CHECK-NOT: arith.divf
// CHECK: arith.bitcast {{.*}} : f32 to i32
// CHECK: arith.shrsi
// CHECK: math.fma
// CHECK: arith.select
// CHECK-NOT: arith.divf
// CHECK: return
func.func @log(%x: f32) -> f32 {
  %y = math.log %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @log1p(
// CHECK: arith.bitcast {{.*}} : f64 to i64
// CHECK: arith.divf
// CHECK: return
func.func @log1p(%x: f64) -> f64 {
  %y = math.log1p %x : f64
  return %y : f64
}

// One division for both tails.
// CHECK-LABEL: func.func @sigmoid(
// CHECK: math.absf
// CHECK: math.fma {{.*}} : vector<8xf32>
// CHECK: arith.divf
// CHECK: return
func.func @sigmoid(%x: vector<8xf32>) -> vector<8xf32> {
  %y = flow.sigmoid %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func.func @logit(
// CHECK: arith.divf
// CHECK: math.fma {{.*}} : vector<4xf64>
// CHECK: return
func.func @logit(%x: vector<4xf64>) -> vector<4xf64> {
  %y = flow.logit %x : vector<4xf64>
  return %y : vector<4xf64>
}

// CHECK-LABEL: func.func @softplus(
// CHECK: math.fma {{.*}} : vector<16xf32>
// CHECK: return
func.func @softplus(%x: vector<16xf32>) -> vector<16xf32> {
  %y = flow.softplus %x : vector<16xf32>
  return %y : vector<16xf32>
}

// CHECK-LABEL: func.func @softplus_inverse(
// CHECK: math.fma {{.*}} : f32
// CHECK: return
func.func @softplus_inverse(%x: f32) -> f32 {
  %y = flow.softplus_inverse %x : f32
  return %y : f32
}
