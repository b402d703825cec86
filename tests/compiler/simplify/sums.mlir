// RUN: flow-opt %s --flow-simplify | FileCheck %s

// Sums, products with nothing and repeated numbers that need no loop.

// The sum of nothing is 0.
// CHECK-LABEL: func.func @sum_nothing(
// CHECK-NEXT: %[[Z:.*]] = arith.constant dense<0.000000e+00> : tensor<f64>
// CHECK-NEXT: return %[[Z]]
func.func @sum_nothing(%x: tensor<0xf64>) -> tensor<f64> {
  %s = flow.sum %x : tensor<0xf64> -> tensor<f64>
  return %s : tensor<f64>
}

// The sum of n times one number is n times the number: 3 * 1.5.
// CHECK-LABEL: func.func @sum_constant(
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<4.500000e+00> : tensor<f64>
// CHECK-NEXT: return %[[C]]
func.func @sum_constant() -> tensor<f64> {
  %c = arith.constant dense<1.5> : tensor<3xf64>
  %s = flow.sum %c : tensor<3xf64> -> tensor<f64>
  return %s : tensor<f64>
}

// CHECK-LABEL: func.func @sum_splat(
// CHECK-NEXT: %[[N:.*]] = arith.constant dense<3.000000e+00> : tensor<f64>
// CHECK-NEXT: %[[P:.*]] = arith.mulf %arg0, %[[N]]
// CHECK-NEXT: return %[[P]]
func.func @sum_splat(%x: tensor<f64>) -> tensor<f64> {
  %v = flow.splat %x : tensor<f64> -> tensor<3xf64>
  %s = flow.sum %v : tensor<3xf64> -> tensor<f64>
  return %s : tensor<f64>
}

// The sum of -x is -(the sum of x): one sign instead of one per element.
// CHECK-LABEL: func.func @sum_negative(
// CHECK-NEXT: %[[S:.*]] = flow.sum %arg0
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[S]] : tensor<f64>
// CHECK-NEXT: return %[[N]]
func.func @sum_negative(%x: tensor<3xf64>) -> tensor<f64> {
  %n = arith.negf %x : tensor<3xf64>
  %s = flow.sum %n : tensor<3xf64> -> tensor<f64>
  return %s : tensor<f64>
}

// The sum of different numbers is no multiple of the first.
// CHECK-LABEL: func.func @sum_table(
// CHECK: flow.sum
func.func @sum_table() -> tensor<f64> {
  %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %s = flow.sum %c : tensor<2xf64> -> tensor<f64>
  return %s : tensor<f64>
}

// A matrix without columns takes the empty vector to 0.
// CHECK-LABEL: func.func @matvec_nothing(
// CHECK-NEXT: %[[Z:.*]] = arith.constant dense<0.000000e+00> : tensor<3xf64>
// CHECK-NEXT: return %[[Z]]
func.func @matvec_nothing(%a: tensor<3x0xf64>, %x: tensor<0xf64>) -> tensor<3xf64> {
  %y = flow.matvec %a, %x : tensor<3x0xf64>, tensor<0xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// A repeated number is a constant.
// CHECK-LABEL: func.func @splat_constant(
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<2.000000e+00> : tensor<3xf64>
// CHECK-NEXT: return %[[C]]
func.func @splat_constant() -> tensor<3xf64> {
  %c = arith.constant dense<2.0> : tensor<f64>
  %s = flow.splat %c : tensor<f64> -> tensor<3xf64>
  return %s : tensor<3xf64>
}

// A sum of matrices is accumulated term by term, so that no matrix of a sample must be held,
// CHECK-LABEL: func.func @accumulate_matrices(
// CHECK: %[[A:.*]] = flow.outer %arg0, %arg1
// CHECK: %[[B:.*]] = flow.outer %arg1, %arg0
// CHECK-NOT: arith.addf
// CHECK-DAG: flow.accumulate @w, %[[A]]
// CHECK-DAG: flow.accumulate @w, %[[B]]
func.func @accumulate_matrices(%x: tensor<2xf64>, %y: tensor<2xf64>) {
  %a = flow.outer %x, %y : tensor<2xf64>, tensor<2xf64> -> tensor<2x2xf64>
  %b = flow.outer %y, %x : tensor<2xf64>, tensor<2xf64> -> tensor<2x2xf64>
  %s = arith.addf %a, %b : tensor<2x2xf64>
  flow.accumulate @w, %s : tensor<2x2xf64>
  return
}

// and one of vectors in one go.
// CHECK-LABEL: func.func @accumulate_vectors(
// CHECK-NEXT: %[[S:.*]] = arith.addf %arg0, %arg1
// CHECK-NEXT: flow.accumulate @b, %[[S]]
// CHECK-NEXT: return
func.func @accumulate_vectors(%x: tensor<2xf64>, %y: tensor<2xf64>) {
  %s = arith.addf %x, %y : tensor<2xf64>
  flow.accumulate @b, %s : tensor<2xf64>
  return
}
