// RUN: flow-opt %s --flow-differentiate --split-input-file | FileCheck %s

// The adjoints of the flow dialect's linear ops: each is the transpose of the op. The adjoint arrives as `weight`, which multiplies
// the derivative of log_prob.

// d = sum y, y = A x: dA = g x^T with g the weight in every element.
// CHECK-LABEL: func.func @gradient(
// CHECK-SAME: %[[X:.*]]: tensor<2xf64>, %[[WEIGHT:.*]]: tensor<f64>) -> tensor<f64>
// CHECK: %[[D:.*]] = flow.sum
// CHECK: %[[G:.*]] = flow.splat %[[WEIGHT]] : tensor<f64> -> tensor<3xf64>
// CHECK-NEXT: %[[O:.*]] = flow.outer %[[G]], %[[X]] : tensor<3xf64>, tensor<2xf64> -> tensor<3x2xf64>
// CHECK-NEXT: flow.accumulate @a, %[[O]]
// CHECK-NEXT: return %[[D]]
flow.model @matvec features 2 {
  flow.parameter @a : tensor<3x2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<3x2xf64>
    %y = flow.matvec %a, %x : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
    %d = flow.sum %y : tensor<3xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = A^T x: dA = x g^T, dx = A g. Here x is a parameter too.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[A:.*]] = flow.read @a
// CHECK: %[[V:.*]] = flow.read @v
// CHECK: %[[G:.*]] = flow.splat
// CHECK-DAG: %[[DA:.*]] = flow.outer %[[V]], %[[G]] : tensor<3xf64>, tensor<2xf64> -> tensor<3x2xf64>
// CHECK-DAG: %[[DV:.*]] = flow.matvec %[[A]], %[[G]] : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
// CHECK-DAG: flow.accumulate @a, %[[DA]]
// CHECK-DAG: flow.accumulate @v, %[[DV]]
flow.model @transposed features 2 {
  flow.parameter @a : tensor<3x2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @v : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<3x2xf64>
    %v = flow.read @v : tensor<3xf64>
    %y = flow.matvec transposed %a, %v : tensor<3x2xf64>, tensor<3xf64> -> tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = A v with a matrix that is no parameter's: dv = A^T g, and no matrix is made for A.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[A:.*]] = flow.outer %arg0, %arg0
// CHECK: %[[G:.*]] = flow.splat
// CHECK-NOT: flow.outer
// CHECK: %[[DV:.*]] = flow.matvec transposed %[[A]], %[[G]] : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
// CHECK-NEXT: flow.accumulate @v, %[[DV]]
flow.model @vector features 2 {
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.outer %x, %x : tensor<2xf64>, tensor<2xf64> -> tensor<2x2xf64>
    %v = flow.read @v : tensor<2xf64>
    %y = flow.matvec %a, %v : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// Y = u v^T: du = G v, dv = G^T u.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[U:.*]] = flow.read @u
// CHECK: %[[V:.*]] = flow.read @v
// CHECK: %[[G:.*]] = flow.splat %{{.*}} : tensor<f64> -> tensor<3x2xf64>
// CHECK-DAG: %[[DU:.*]] = flow.matvec %[[G]], %[[V]] : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
// CHECK-DAG: %[[DV:.*]] = flow.matvec transposed %[[G]], %[[U]] : tensor<3x2xf64>, tensor<3xf64> -> tensor<2xf64>
// CHECK-DAG: flow.accumulate @u, %[[DU]]
// CHECK-DAG: flow.accumulate @v, %[[DV]]
flow.model @outer features 2 {
  flow.parameter @u : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %u = flow.read @u : tensor<3xf64>
    %v = flow.read @v : tensor<2xf64>
    %y = flow.outer %u, %v : tensor<3xf64>, tensor<2xf64> -> tensor<3x2xf64>
    %d = flow.sum %y : tensor<3x2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// A scalar repeated: the sum of what arrives.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = arith.mulf %arg0, %{{.*}} : tensor<2xf64>
// CHECK-NEXT: %[[DC:.*]] = flow.sum %[[G]] : tensor<2xf64> -> tensor<f64>
// CHECK-NEXT: flow.accumulate @c, %[[DC]]
flow.model @splat features 2 {
  flow.parameter @c : tensor<f64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %c = flow.read @c : tensor<f64>
    %v = flow.splat %c : tensor<f64> -> tensor<2xf64>
    %y = arith.mulf %v, %x : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// Elements taken out: their adjoints go back to their places, the others' are 0.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = flow.splat %arg1 : tensor<f64> -> tensor<2xf64>
// CHECK-NEXT: %[[DV:.*]] = flow.merge(%[[G]]) [array<i64: 2, 0>] : (tensor<2xf64>) -> tensor<3xf64>
// CHECK-NEXT: flow.accumulate @v, %[[DV]]
flow.model @extract features 2 {
  flow.parameter @v : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %v = flow.read @v : tensor<3xf64>
    %y = flow.extract %v [2, 0] : tensor<3xf64> -> tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// Elements put together: each piece takes its own out, in its order; the sample's piece takes none.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = flow.splat %arg1 : tensor<f64> -> tensor<4xf64>
// CHECK-DAG: %[[DU:.*]] = flow.extract %[[G]] [3] : tensor<4xf64> -> tensor<1xf64>
// CHECK-DAG: %[[DV:.*]] = flow.extract %[[G]] [2, 0] : tensor<4xf64> -> tensor<2xf64>
// CHECK-DAG: flow.accumulate @u, %[[DU]]
// CHECK-DAG: flow.accumulate @v, %[[DV]]
// CHECK-NOT: flow.extract
// CHECK: return
flow.model @merge features 1 {
  flow.parameter @u : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<1xf64>) -> tensor<f64> {
    %u = flow.read @u : tensor<1xf64>
    %v = flow.read @v : tensor<2xf64>
    %y = flow.merge(%x, %v, %u) [array<i64: 1>, array<i64: 2, 0>, array<i64: 3>]
        : (tensor<1xf64>, tensor<2xf64>, tensor<1xf64>) -> tensor<4xf64>
    %d = flow.sum %y : tensor<4xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// (D + L) y = v: with h = (D + L)^-T g, dv = h, dD = -h y, dL = -h y^T.
// CHECK-LABEL: func.func @gradient(
// CHECK-DAG: %[[L:.*]] = flow.read @l
// CHECK-DAG: %[[D:.*]] = flow.read @d
// CHECK: %[[Y:.*]] = flow.solve_triangular %[[L]], %{{.*}} diagonal(%[[D]] : tensor<2xf64>)
// CHECK: %[[G:.*]] = flow.splat %arg1 : tensor<f64> -> tensor<2xf64>
// CHECK: %[[H:.*]] = flow.solve_triangular transposed %[[L]], %[[G]] diagonal(%[[D]] : tensor<2xf64>)
// CHECK: %[[N:.*]] = arith.negf %[[H]]
// CHECK-DAG: %[[DL:.*]] = flow.outer %[[N]], %[[Y]]
// CHECK-DAG: %[[DD:.*]] = arith.mulf %[[N]], %[[Y]]
// CHECK-DAG: flow.accumulate @l, %[[DL]]
// CHECK-DAG: flow.accumulate @d, %[[DD]]
// CHECK-DAG: flow.accumulate @v, %[[H]]
// CHECK: return
flow.model @solve features 2 {
  flow.parameter @l : tensor<2x2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @d : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %l = flow.read @l : tensor<2x2xf64>
    %d = flow.read @d : tensor<2xf64>
    %v = flow.read @v : tensor<2xf64>
    %y = flow.solve_triangular %l, %v diagonal(%d : tensor<2xf64>) : tensor<2x2xf64>, tensor<2xf64>
    %s = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %s : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// Of the transpose, upper: dL = -y h^T.
// CHECK-LABEL: func.func @gradient(
// CHECK-DAG: %[[L:.*]] = flow.read @l
// CHECK: %[[Y:.*]] = flow.solve_triangular upper transposed %[[L]]
// CHECK: %[[H:.*]] = flow.solve_triangular upper %[[L]]
// CHECK: %[[N:.*]] = arith.negf %[[H]]
// CHECK: %[[DL:.*]] = flow.outer %[[Y]], %[[N]]
// CHECK: flow.accumulate @l, %[[DL]]
flow.model @solve features 2 {
  flow.parameter @l : tensor<2x2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %l = flow.read @l : tensor<2x2xf64>
    %y = flow.solve_triangular upper transposed %l, %x : tensor<2x2xf64>, tensor<2xf64>
    %s = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %s : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// Of several columns: dA is the sum over them, which the product of two vectors of as many columns is.
// CHECK-LABEL: func.func @gradient(
// CHECK-SAME: %[[X:.*]]: tensor<6xf64>
// CHECK: %[[A:.*]] = flow.read @a
// CHECK: %[[V:.*]] = flow.read @v
// CHECK-DAG: flow.outer %{{.*}}, %[[X]] : tensor<9xf64>, tensor<6xf64> -> tensor<3x2xf64>
// CHECK-DAG: flow.outer %[[G:.*]], %[[V]] : tensor<9xf64>, tensor<6xf64> -> tensor<3x2xf64>
// CHECK-DAG: %[[DV:.*]] = flow.matvec transposed %[[A]], %[[G]] : tensor<3x2xf64>, tensor<9xf64> -> tensor<6xf64>
// CHECK-DAG: flow.accumulate @v, %[[DV]]
flow.model @columns features 6 {
  flow.parameter @a : tensor<3x2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @v : tensor<6xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<6xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<3x2xf64>
    %v = flow.read @v : tensor<6xf64>
    %y = flow.matvec %a, %x : tensor<3x2xf64>, tensor<6xf64> -> tensor<9xf64>
    %u = flow.matvec %a, %v : tensor<3x2xf64>, tensor<6xf64> -> tensor<9xf64>
    %s = flow.sum %y : tensor<9xf64> -> tensor<f64>
    %t = flow.sum %u : tensor<9xf64> -> tensor<f64>
    %d = arith.addf %s, %t : tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
