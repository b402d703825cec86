// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// A triangular matrix of parameters is solved by one op, whatever the number of its levels; its determinant is the product of its
// diagonal, on which no sample has an influence.

// y = d x + L x + b with L strictly lower.
// CHECK: flow.layer @L "lower" attributes {levels = 3 : i64}
// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.matvec
// CHECK: %[[LOG:.*]] = math.log
// CHECK: flow.sum %[[LOG]]
// CHECK-LABEL: func.func @L.inverse(
// CHECK-SAME: %[[Y:.*]]: tensor<3xf64>)
// CHECK-DAG: %[[D:.*]] = flow.softplus
// CHECK-DAG: %[[R:.*]] = arith.subf %[[Y]], %{{.*}} : tensor<3xf64>
// CHECK-DAG: %[[C:.*]] = flow.causal %{{.*}} rows [-1, 0, 1] columns [0, 1, 2]
// CHECK: flow.solve_triangular %[[C]], %[[R]] diagonal(%[[D]] : tensor<3xf64>) : tensor<3x3xf64>, tensor<3xf64>
// CHECK-NOT: flow.matvec
// CHECK: %[[LOG:.*]] = math.log %[[D]]
// CHECK: %[[SUM:.*]] = flow.sum %[[LOG]]
// CHECK: arith.negf %[[SUM]]
flow.model @m features 3 {
  flow.parameter @w : tensor<3x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.parameter @d : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @b : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  flow.layer @L "lower" {
  ^bb0(%x: tensor<3xf64>):
    %r = flow.read @d : tensor<3xf64>
    %d = flow.softplus %r : tensor<3xf64>
    %w = flow.read @w : tensor<3x3xf64>
    %b = flow.read @b : tensor<3xf64>
    %c = flow.causal %w rows [-1, 0, 1] columns [0, 1, 2] : tensor<3x3xf64>
    %t = flow.matvec %c, %x : tensor<3x3xf64>, tensor<3xf64> -> tensor<3xf64>
    %s = arith.mulf %d, %x : tensor<3xf64>
    %u = arith.addf %s, %t : tensor<3xf64>
    %y = arith.addf %u, %b : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// y = reversed U x: the diagonal is the matrix's own; its strict part is upper, and the output is put in order first.
// CHECK-LABEL: func.func @L.inverse(
// CHECK-SAME: %[[Y:.*]]: tensor<3xf64>)
// CHECK-DAG: %[[R:.*]] = flow.extract %[[Y]] [2, 1, 0]
// CHECK-DAG: %[[E:.*]] = flow.extract %{{.*}} [0, 4, 8] : tensor<3x3xf64> -> tensor<3xf64>
// CHECK-DAG: %[[D:.*]] = math.exp %[[E]] : tensor<3xf64>
// CHECK-DAG: %[[C:.*]] = flow.causal %{{.*}} rows [1, 0, -1] columns [2, 1, 0]
// CHECK: flow.solve_triangular upper %[[C]], %[[R]] diagonal(%[[D]] : tensor<3xf64>)
// CHECK: %[[SUM:.*]] = flow.sum %[[E]]
// CHECK: arith.negf %[[SUM]]
flow.model @m features 3 {
  flow.parameter @w : tensor<3x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "upper" {
  ^bb0(%x: tensor<3xf64>):
    %r = flow.read @w : tensor<3x3xf64>
    %w = math.exp %r : tensor<3x3xf64>
    %c = flow.causal %w rows [0, -1, -2] columns [0, -1, -2] : tensor<3x3xf64>
    %t = flow.matvec %c, %x : tensor<3x3xf64>, tensor<3xf64> -> tensor<3xf64>
    %y = flow.extract %t [2, 1, 0] : tensor<3xf64> -> tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// x2 first, then x0, then x1: the matrix in that order is lower triangular, with ones on the diagonal, which are left out.
// CHECK-LABEL: func.func @L.inverse(
// CHECK-SAME: %[[Y:.*]]: tensor<3xf64>)
// CHECK-DAG: %[[R:.*]] = flow.extract %[[Y]] [2, 0, 1]
// CHECK-DAG: flow.extract %{{.*}} [8, 6, 7, 2, 0, 1, 5, 3, 4] : tensor<3x3xf64> -> tensor<3x3xf64>
// CHECK: %[[X:.*]] = flow.solve_triangular %{{.*}}, %[[R]] : tensor<3x3xf64>, tensor<3xf64>
// CHECK: flow.merge(%[[X]]) [array<i64: 2, 0, 1>]
flow.model @m features 3 {
  flow.parameter @w : tensor<3x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "order" {
  ^bb0(%x: tensor<3xf64>):
    %w = flow.read @w : tensor<3x3xf64>
    %c = flow.causal %w rows [0, 1, -1] columns [1, 2, 0] : tensor<3x3xf64>
    %t = flow.matvec %c, %x : tensor<3x3xf64>, tensor<3xf64> -> tensor<3xf64>
    %y = arith.addf %x, %t : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// Two levels are two vectors: peeling writes the better inverse.
// CHECK-LABEL: func.func @L.inverse(
// CHECK-NOT: flow.solve_triangular
// CHECK: return
flow.model @m features 3 {
  flow.parameter @w : tensor<3x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "few" {
  ^bb0(%x: tensor<3xf64>):
    %w = flow.read @w : tensor<3x3xf64>
    %c = flow.causal %w rows [0, 1, 1] columns [1, 2, 2] : tensor<3x3xf64>
    %t = flow.matvec %c, %x : tensor<3x3xf64>, tensor<3xf64> -> tensor<3xf64>
    %y = arith.addf %x, %t : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// A factor that depends on the sample makes it no matrix: peeled, level by level.
// CHECK-LABEL: func.func @L.inverse(
// CHECK-NOT: flow.solve_triangular
// CHECK: return
flow.model @m features 3 {
  flow.parameter @w : tensor<3x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "curved" {
  ^bb0(%x: tensor<3xf64>):
    %w = flow.read @w : tensor<3x3xf64>
    %c = flow.causal %w rows [-1, 0, 1] columns [0, 1, 2] : tensor<3x3xf64>
    %t = flow.matvec %c, %x : tensor<3x3xf64>, tensor<3xf64> -> tensor<3xf64>
    %s = math.tanh %t : tensor<3xf64>
    %y = arith.addf %x, %s : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// An unknown in several places, but with one slope: no search.
// CHECK-LABEL: func.func @L.inverse(
// CHECK-SAME: %[[Y:.*]]: tensor<2xf64>)
// CHECK-NOT: flow.root
// CHECK: %[[D:.*]] = arith.divf %[[Y]], %{{.*}} : tensor<2xf64>
// CHECK: return %[[D]]
flow.model @m features 2 {
  flow.parameter @s : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.layer @L "line" {
  ^bb0(%x: tensor<2xf64>):
    %r = flow.read @s : tensor<2xf64>
    %s = math.exp %r : tensor<2xf64>
    %t = arith.mulf %x, %s : tensor<2xf64>
    %y = arith.addf %x, %t : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
