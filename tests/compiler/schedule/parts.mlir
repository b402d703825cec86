// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// Two halves of a vector that have nothing to do with each other: a map for each, and so one function for both. What is
// small stays together.
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK: tile.map rows 2 ins(%{{[a-z_0-9]+}} : {{[^)]*}}) outs(%{{[a-z_0-9]+}} : {{[^)]*}})
// CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
// CHECK-NEXT: math.sin %[[A]]
// CHECK: tile.map rows 2 ins(%{{[a-z_0-9]+}} : {{[^)]*}}) outs(%{{[a-z_0-9]+}} : {{[^)]*}})
// CHECK-NEXT: ^bb0(%[[B:.*]]: f32):
// CHECK-NEXT: math.sin %[[B]]
// CHECK: tile.map rows 2 ins(%{{[a-z_0-9]+}} : {{[^)]*}}) outs(%{{[a-z_0-9]+}} : {{[^)]*}})
// CHECK-NEXT: ^bb0(%[[C:.*]]: f32):
// CHECK-NEXT: math.exp %[[C]]
// CHECK-NOT: tile.map
// CHECK: return

// Few ops are one map, however little they have in common.
// CHECK-LABEL: func.func @flow_f32_to_data(
// CHECK: tile.map rows 2 ins(%{{[a-z_0-9]+}}, %{{[a-z_0-9]+}} :
// CHECK-NOT: tile.map
// CHECK: return
flow.model @m features 6 attributes {staged = 0 : i64} {
  func.func @to_latent(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %a = flow.extract %x [0, 1] : tensor<6xf64> -> tensor<2xf64>
    %b = flow.extract %x [2, 3] : tensor<6xf64> -> tensor<2xf64>
    %c = flow.extract %x [4, 5] : tensor<6xf64> -> tensor<2xf64>
    %p0 = math.sin %a : tensor<2xf64>
    %p1 = math.tanh %p0 : tensor<2xf64>
    %p2 = math.sin %p1 : tensor<2xf64>
    %p3 = math.tanh %p2 : tensor<2xf64>
    %p4 = math.sin %p3 : tensor<2xf64>
    %p5 = math.tanh %p4 : tensor<2xf64>
    %p6 = math.sin %p5 : tensor<2xf64>
    %p7 = math.tanh %p6 : tensor<2xf64>
    %p8 = math.sin %p7 : tensor<2xf64>
    %p9 = math.tanh %p8 : tensor<2xf64>
    %p10 = math.sin %p9 : tensor<2xf64>
    %p11 = math.tanh %p10 : tensor<2xf64>
    %p12 = math.sin %p11 : tensor<2xf64>
    %p13 = math.tanh %p12 : tensor<2xf64>
    %p14 = math.sin %p13 : tensor<2xf64>
    %p15 = math.tanh %p14 : tensor<2xf64>
    %p16 = math.sin %p15 : tensor<2xf64>
    %p17 = math.tanh %p16 : tensor<2xf64>
    %p18 = math.sin %p17 : tensor<2xf64>
    %p19 = math.tanh %p18 : tensor<2xf64>
    %q0 = math.sin %b : tensor<2xf64>
    %q1 = math.tanh %q0 : tensor<2xf64>
    %q2 = math.sin %q1 : tensor<2xf64>
    %q3 = math.tanh %q2 : tensor<2xf64>
    %q4 = math.sin %q3 : tensor<2xf64>
    %q5 = math.tanh %q4 : tensor<2xf64>
    %q6 = math.sin %q5 : tensor<2xf64>
    %q7 = math.tanh %q6 : tensor<2xf64>
    %q8 = math.sin %q7 : tensor<2xf64>
    %q9 = math.tanh %q8 : tensor<2xf64>
    %q10 = math.sin %q9 : tensor<2xf64>
    %q11 = math.tanh %q10 : tensor<2xf64>
    %q12 = math.sin %q11 : tensor<2xf64>
    %q13 = math.tanh %q12 : tensor<2xf64>
    %q14 = math.sin %q13 : tensor<2xf64>
    %q15 = math.tanh %q14 : tensor<2xf64>
    %q16 = math.sin %q15 : tensor<2xf64>
    %q17 = math.tanh %q16 : tensor<2xf64>
    %q18 = math.sin %q17 : tensor<2xf64>
    %q19 = math.tanh %q18 : tensor<2xf64>
    %e = math.exp %c : tensor<2xf64>
    %y = flow.merge(%p19, %q19, %e) [array<i64: 0, 1>, array<i64: 2, 3>, array<i64: 4, 5>] : (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) -> tensor<6xf64>
    return %y, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @to_data(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %a = flow.extract %x [0, 1] : tensor<6xf64> -> tensor<2xf64>
    %b = flow.extract %x [2, 3] : tensor<6xf64> -> tensor<2xf64>
    %p0 = math.sin %a : tensor<2xf64>
    %p1 = math.tanh %p0 : tensor<2xf64>
    %p2 = math.sin %p1 : tensor<2xf64>
    %p3 = math.tanh %p2 : tensor<2xf64>
    %p4 = math.sin %p3 : tensor<2xf64>
    %p5 = math.tanh %p4 : tensor<2xf64>
    %p6 = math.sin %p5 : tensor<2xf64>
    %p7 = math.tanh %p6 : tensor<2xf64>
    %p8 = math.sin %p7 : tensor<2xf64>
    %q0 = math.sin %b : tensor<2xf64>
    %q1 = math.tanh %q0 : tensor<2xf64>
    %q2 = math.sin %q1 : tensor<2xf64>
    %q3 = math.tanh %q2 : tensor<2xf64>
    %q4 = math.sin %q3 : tensor<2xf64>
    %q5 = math.tanh %q4 : tensor<2xf64>
    %q6 = math.sin %q5 : tensor<2xf64>
    %q7 = math.tanh %q6 : tensor<2xf64>
    %q8 = math.sin %q7 : tensor<2xf64>
    %y = flow.merge(%p8, %q8, %a) [array<i64: 0, 1>, array<i64: 2, 3>, array<i64: 4, 5>] : (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) -> tensor<6xf64>
    return %y, %z : tensor<6xf64>, tensor<f64>
  }

  func.func @sample(%x: tensor<6xf64>) -> (tensor<6xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<6xf64>, tensor<f64>
  }
  func.func @probe(%x: tensor<6xf64>) -> tensor<0xf64> {
    %a = flow.extract %x [] : tensor<6xf64> -> tensor<0xf64>
    return %a : tensor<0xf64>
  }
  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @log_prob(%x: tensor<6xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @gradient(%x: tensor<6xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
