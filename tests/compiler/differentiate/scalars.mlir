// RUN: flow-opt %s --flow-differentiate --split-input-file | FileCheck %s

// Arithmetic and choices, one sample's adjoint g at a time; g is what the sum passes on.

// d/da (a x) = x g, and a used twice gets both: y = a x + a.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK: %[[P:.*]] = arith.mulf %arg0, %[[G]]
// CHECK-NEXT: %[[T:.*]] = arith.addf %[[G]], %[[P]]
// CHECK-NEXT: flow.accumulate @a, %[[T]]
// CHECK-NOT: flow.accumulate
flow.model @twice features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %p = arith.mulf %a, %x : tensor<2xf64>
    %y = arith.addf %p, %a : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = a / b: da = g / b, db = -g y / b.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[A:.*]] = flow.read @a
// CHECK: %[[B:.*]] = flow.read @b
// CHECK: %[[Y:.*]] = arith.divf %[[A]], %[[B]]
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-DAG: %[[DA:.*]] = arith.divf %[[G]], %[[B]]
// CHECK-DAG: %[[GY:.*]] = arith.mulf %[[G]], %[[Y]]
// CHECK-DAG: %[[GYB:.*]] = arith.divf %[[GY]], %[[B]]
// CHECK-DAG: %[[DB:.*]] = arith.negf %[[GYB]]
// CHECK-DAG: flow.accumulate @a, %[[DA]]
// CHECK-DAG: flow.accumulate @b, %[[DB]]
flow.model @quotient features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @b : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %b = flow.read @b : tensor<2xf64>
    %y = arith.divf %a, %b : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = a - b: da = g, db = -g.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-DAG: %[[N:.*]] = arith.negf %[[G]]
// CHECK-DAG: flow.accumulate @a, %[[G]]
// CHECK-DAG: flow.accumulate @b, %[[N]]
flow.model @difference features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @b : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %b = flow.read @b : tensor<2xf64>
    %y = arith.subf %a, %b : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = e^a: da = g y, with the y that is there already.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[Y:.*]] = math.exp
// CHECK-NOT: math.exp
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-NEXT: %[[DA:.*]] = arith.mulf %[[Y]], %[[G]]
// CHECK-NEXT: flow.accumulate @a, %[[DA]]
flow.model @exponential features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %y = math.exp %a : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = c ? a : b: each branch takes g where it was chosen and 0 elsewhere; c has no derivative, though it compares a parameter.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[C:.*]] = arith.cmpf ogt, %[[A:.*]], %arg0
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-DAG: %[[DA:.*]] = arith.select %[[C]], %[[G]], %[[Z:.*]] :
// CHECK-DAG: %[[DB:.*]] = arith.select %[[C]], %{{.*}}, %[[G]] :
// CHECK-DAG: flow.accumulate @a, %[[DA]]
// CHECK-DAG: flow.accumulate @b, %[[DB]]
// CHECK: return
flow.model @choice features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @b : tensor<2xf64> {init = {kind = "constant", value = 1.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %b = flow.read @b : tensor<2xf64>
    %c = arith.cmpf ogt, %a, %x : tensor<2xf64>
    %y = arith.select %c, %a, %b : tensor<2xi1>, tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = max(a, b): asked of y and not of a, so that a need not be kept; b >= y is where b was chosen.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[Y:.*]] = arith.maximumf
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK: %[[Z:.*]] = arith.constant dense<0.0
// CHECK-NEXT: %[[C:.*]] = arith.cmpf oge, %arg0, %[[Y]]
// CHECK-NEXT: %[[DA:.*]] = arith.select %[[C]], %[[Z]], %[[G]]
// CHECK-NEXT: flow.accumulate @a, %[[DA]]
flow.model @maximum features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %y = arith.maximumf %a, %x : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}

// -----

// y = detach(a) x: a is held constant, and what is computed for its gradient alone is not built.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[G:.*]] = flow.splat %arg1
// CHECK-NEXT: flow.accumulate @b, %[[G]]
// CHECK-NEXT: return
flow.model @held features 2 {
  flow.parameter @a : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @b : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %a = flow.read @a : tensor<2xf64>
    %h = flow.detach %a : tensor<2xf64>
    %b = flow.read @b : tensor<2xf64>
    %p = arith.mulf %h, %x : tensor<2xf64>
    %y = arith.addf %p, %b : tensor<2xf64>
    %d = flow.sum %y : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    return
  }
}
