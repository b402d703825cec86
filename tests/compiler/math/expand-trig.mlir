// RUN: flow-opt %s --flow-expand-math | FileCheck %s
// RUN: flow-opt %s --flow-expand-math | FileCheck %s --check-prefix=GONE

// What is left is arithmetic that every target has.
// GONE-NOT: math.{{(exp|log|tanh|sinh|cosh|asinh|acosh|atanh|sin|cos|tan|atan|erf)}}
// GONE-NOT: {{= flow\.}}

// pi / 2 in three parts.
// CHECK-LABEL: func.func @sin(
// CHECK: %[[N:.*]] = arith.subf
// CHECK: %[[M:.*]] = arith.bitcast
// CHECK: %[[R1:.*]] = math.fma %[[N]], %{{.*}}, %arg0
// CHECK: %[[R2:.*]] = math.fma %[[N]], %{{.*}}, %[[R1]]
// CHECK: math.fma %[[N]], %{{.*}}, %[[R2]]
// CHECK: arith.xori {{.*}} : vector<8xi32>
// CHECK: return
func.func @sin(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.sin %x : vector<8xf32>
  return %y : vector<8xf32>
}

// CHECK-LABEL: func.func @cos(
// CHECK: arith.addi
// CHECK: arith.xori {{.*}} : i64
// CHECK: return
func.func @cos(%x: f64) -> f64 {
  %y = math.cos %x : f64
  return %y : f64
}

// CHECK-LABEL: func.func @tan(
// CHECK: arith.divf
// CHECK: return
func.func @tan(%x: f32) -> f32 {
  %y = math.tan %x : f32
  return %y : f32
}

// One division for the three ranges.
// CHECK-LABEL: func.func @atan(
// CHECK: arith.divf {{.*}} : vector<4xf64>
// CHECK: math.copysign
// CHECK: return
func.func @atan(%x: vector<4xf64>) -> vector<4xf64> {
  %y = math.atan %x : vector<4xf64>
  return %y : vector<4xf64>
}

// An angle turned: the nearest whole number of turns is taken off, and what rounding leaves outside of (-pi, pi) is brought in.
// CHECK-LABEL: func.func @turn(
// CHECK-NOT: flow.turn
// CHECK: arith.addf %arg0, %arg1
// CHECK: math.fma
// CHECK: arith.cmpf ogt
// CHECK: arith.cmpf olt
func.func @turn(%x: vector<4xf32>, %by: vector<4xf32>) -> vector<4xf32> {
  %y = flow.turn %x by %by : vector<4xf32>
  return %y : vector<4xf32>
}
