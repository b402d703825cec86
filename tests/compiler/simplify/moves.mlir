// RUN: flow-opt %s --flow-simplify | FileCheck %s

// Elements that are only moved: extract and merge compose as the index maps that they are.

// All elements in their order are the vector itself.
// CHECK-LABEL: func.func @extract_all(
// CHECK-NEXT: return %arg0
func.func @extract_all(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.extract %x [0, 1, 2] : tensor<3xf64> -> tensor<3xf64>
  return %y : tensor<3xf64>
}

// In another order they are not, nor is the head of a longer vector.
// CHECK-LABEL: func.func @extract_some(
// CHECK-NEXT: %[[R:.*]] = flow.extract %arg0 [0, 2, 1]
// CHECK-NEXT: %[[H:.*]] = flow.extract %arg1 [0, 1, 2]
// CHECK-NEXT: return %[[R]], %[[H]]
func.func @extract_some(%x: tensor<3xf64>, %y: tensor<4xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %r = flow.extract %x [0, 2, 1] : tensor<3xf64> -> tensor<3xf64>
  %h = flow.extract %y [0, 1, 2] : tensor<4xf64> -> tensor<3xf64>
  return %r, %h : tensor<3xf64>, tensor<3xf64>
}

// x[3, 1, 2][2, 0] = x[2, 3]
// CHECK-LABEL: func.func @extract_twice(
// CHECK-NEXT: %[[Y:.*]] = flow.extract %arg0 [2, 3]
// CHECK-NEXT: return %[[Y]]
func.func @extract_twice(%x: tensor<4xf64>) -> tensor<2xf64> {
  %a = flow.extract %x [3, 1, 2] : tensor<4xf64> -> tensor<3xf64>
  %b = flow.extract %a [2, 0] : tensor<3xf64> -> tensor<2xf64>
  return %b : tensor<2xf64>
}

// A permutation and its inverse cancel.
// CHECK-LABEL: func.func @permute_back(
// CHECK-NEXT: return %arg0
func.func @permute_back(%x: tensor<3xf64>) -> tensor<3xf64> {
  %a = flow.extract %x [2, 0, 1] : tensor<3xf64> -> tensor<3xf64>
  %b = flow.extract %a [1, 2, 0] : tensor<3xf64> -> tensor<3xf64>
  return %b : tensor<3xf64>
}

// Some elements of a repeated scalar are the scalar, repeated less often.
// CHECK-LABEL: func.func @extract_splat(
// CHECK-NEXT: %[[S:.*]] = flow.splat %arg0 : tensor<f64> -> tensor<2xf64>
// CHECK-NEXT: return %[[S]]
func.func @extract_splat(%x: tensor<f64>) -> tensor<2xf64> {
  %s = flow.splat %x : tensor<f64> -> tensor<4xf64>
  %y = flow.extract %s [3, 1] : tensor<4xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// The same for a constant.
// CHECK-LABEL: func.func @extract_constant(
// CHECK-NEXT: %[[C:.*]] = arith.constant dense<7.000000e+00> : tensor<2xf64>
// CHECK-NEXT: return %[[C]]
func.func @extract_constant() -> tensor<2xf64> {
  %c = arith.constant dense<7.0> : tensor<4xf64>
  %y = flow.extract %c [3, 1] : tensor<4xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// Elements of a merge that come from one piece are elements of the piece: places 3 and 1 hold b[1] and b[0], which is b reversed.
// CHECK-LABEL: func.func @extract_of_merge(
// CHECK-NEXT: %[[Y:.*]] = flow.extract %arg1 [1, 0]
// CHECK-NEXT: return %[[Y]]
func.func @extract_of_merge(%a: tensor<2xf64>, %b: tensor<2xf64>) -> tensor<2xf64> {
  %m = flow.merge(%a, %b) [array<i64: 0, 2>, array<i64: 1, 3>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
  %y = flow.extract %m [3, 1] : tensor<4xf64> -> tensor<2xf64>
  return %y : tensor<2xf64>
}

// Elements of two pieces, or of a hole (which is 0), need the merge.
// CHECK-LABEL: func.func @extract_across_pieces(
// CHECK-NEXT: %[[M:.*]] = flow.merge(%arg0, %arg1) [array<i64: 0, 2>, array<i64: 1, 3>]
// CHECK-NEXT: %[[Y:.*]] = flow.extract %[[M]] [0, 1]
// CHECK-NEXT: %[[N:.*]] = flow.merge(%arg0) [array<i64: 0, 2>]
// CHECK-NEXT: %[[Z:.*]] = flow.extract %[[N]] [0, 1]
// CHECK-NEXT: return %[[Y]], %[[Z]]
func.func @extract_across_pieces(%a: tensor<2xf64>, %b: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
  %m = flow.merge(%a, %b) [array<i64: 0, 2>, array<i64: 1, 3>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
  %y = flow.extract %m [0, 1] : tensor<4xf64> -> tensor<2xf64>
  %n = flow.merge(%a) [array<i64: 0, 2>] : (tensor<2xf64>) -> tensor<4xf64>
  %z = flow.extract %n [0, 1] : tensor<4xf64> -> tensor<2xf64>
  return %y, %z : tensor<2xf64>, tensor<2xf64>
}

// One piece that fills the whole in its order is the whole.
// CHECK-LABEL: func.func @merge_one(
// CHECK-NEXT: return %arg0
func.func @merge_one(%a: tensor<2xf64>) -> tensor<2xf64> {
  %m = flow.merge(%a) [array<i64: 0, 1>] : (tensor<2xf64>) -> tensor<2xf64>
  return %m : tensor<2xf64>
}

// A vector taken apart and put together again.
// CHECK-LABEL: func.func @merge_of_extracts(
// CHECK-NEXT: return %arg0
func.func @merge_of_extracts(%x: tensor<4xf64>) -> tensor<4xf64> {
  %a = flow.extract %x [0, 3] : tensor<4xf64> -> tensor<2xf64>
  %b = flow.extract %x [2, 1] : tensor<4xf64> -> tensor<2xf64>
  %m = flow.merge(%a, %b) [array<i64: 0, 3>, array<i64: 2, 1>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
  return %m : tensor<4xf64>
}

// If the pieces change places, the elements do. Not if one is missing, or if they are of two vectors.
// CHECK-LABEL: func.func @merge_of_others(
// CHECK: %[[M:.*]] = flow.extract %arg0 [2, 3, 0, 1]
// CHECK: %[[N:.*]] = flow.merge
// CHECK: %[[O:.*]] = flow.merge
// CHECK: return %[[M]], %[[N]], %[[O]]
func.func @merge_of_others(%x: tensor<4xf64>, %y: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %a = flow.extract %x [0, 3] : tensor<4xf64> -> tensor<2xf64>
  %b = flow.extract %x [2, 1] : tensor<4xf64> -> tensor<2xf64>
  %c = flow.extract %y [2, 1] : tensor<4xf64> -> tensor<2xf64>
  %m = flow.merge(%b, %a) [array<i64: 0, 3>, array<i64: 2, 1>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
  %n = flow.merge(%a) [array<i64: 0, 3>] : (tensor<2xf64>) -> tensor<4xf64>
  %o = flow.merge(%a, %c) [array<i64: 0, 3>, array<i64: 2, 1>] : (tensor<2xf64>, tensor<2xf64>) -> tensor<4xf64>
  return %m, %n, %o : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

// Two merges add up to one where each has its elements in the other's holes,
// CHECK-LABEL: func.func @add_disjoint_merges(
// CHECK-NEXT: %[[M:.*]] = flow.merge(%arg0, %arg1) [array<i64: 0, 2>, array<i64: 1>] : {{.*}} -> tensor<4xf64>
// CHECK-NEXT: return %[[M]]
func.func @add_disjoint_merges(%a: tensor<2xf64>, %b: tensor<1xf64>) -> tensor<4xf64> {
  %m = flow.merge(%a) [array<i64: 0, 2>] : (tensor<2xf64>) -> tensor<4xf64>
  %n = flow.merge(%b) [array<i64: 1>] : (tensor<1xf64>) -> tensor<4xf64>
  %s = arith.addf %m, %n : tensor<4xf64>
  return %s : tensor<4xf64>
}

// and do not where both write one element.
// CHECK-LABEL: func.func @add_overlapping_merges(
// CHECK: %[[S:.*]] = arith.addf
// CHECK-NEXT: return %[[S]]
func.func @add_overlapping_merges(%a: tensor<2xf64>, %b: tensor<1xf64>) -> tensor<4xf64> {
  %m = flow.merge(%a) [array<i64: 0, 2>] : (tensor<2xf64>) -> tensor<4xf64>
  %n = flow.merge(%b) [array<i64: 2>] : (tensor<1xf64>) -> tensor<4xf64>
  %s = arith.addf %m, %n : tensor<4xf64>
  return %s : tensor<4xf64>
}

// Columns of a product that are moved are the product with the moved columns: [0, 1, 2] to [1, 2, 3] of the 2 rows of 3,
// CHECK-LABEL: func.func @columns_before_product(
// CHECK-NEXT: %[[M:.*]] = flow.merge(%arg1) [array<i64: 1, 2, 3>] : (tensor<3xf64>) -> tensor<4xf64>
// CHECK-NEXT: %[[P:.*]] = flow.matvec %arg0, %[[M]] : tensor<2x1xf64>, tensor<4xf64> -> tensor<8xf64>
// CHECK-NEXT: return %[[P]]
func.func @columns_before_product(%w: tensor<2x1xf64>, %x: tensor<3xf64>) -> tensor<8xf64> {
  %p = flow.matvec %w, %x : tensor<2x1xf64>, tensor<3xf64> -> tensor<6xf64>
  %e = flow.extract %p [3, 4, 5, 0, 1, 2] : tensor<6xf64> -> tensor<6xf64>
  %m = flow.merge(%e) [array<i64: 5, 6, 7, 1, 2, 3>] : (tensor<6xf64>) -> tensor<8xf64>
  return %m : tensor<8xf64>
}

// and not what moves otherwise in one row than in the other.
// CHECK-LABEL: func.func @rows_apart(
// CHECK-NEXT: flow.matvec
// CHECK-NEXT: flow.extract
// CHECK-NEXT: flow.merge
func.func @rows_apart(%w: tensor<2x1xf64>, %x: tensor<3xf64>) -> tensor<8xf64> {
  %p = flow.matvec %w, %x : tensor<2x1xf64>, tensor<3xf64> -> tensor<6xf64>
  %e = flow.extract %p [3, 4, 5, 0, 1, 2] : tensor<6xf64> -> tensor<6xf64>
  %m = flow.merge(%e) [array<i64: 4, 5, 6, 1, 2, 3>] : (tensor<6xf64>) -> tensor<8xf64>
  return %m : tensor<8xf64>
}
