// RUN: flow-opt %s --flow-differentiate --split-input-file | FileCheck %s

// The gradient of a sample stops at the staged value, e^w, and is summed over the batch there; `stage_adjoint` carries the sum on to
// the parameter, once per step: dw = e^w * adjoint. It stores nothing.
// CHECK-LABEL: func.func @gradient(
// CHECK: %[[WEIGHT:.*]] = flow.splat %arg1
// CHECK-NEXT: %[[DS:.*]] = arith.mulf %arg0, %[[WEIGHT]]
// CHECK-NEXT: flow.accumulate @staged.0, %[[DS]]
// CHECK-NOT: flow.accumulate
// CHECK-LABEL: func.func @stage_adjoint() {
// CHECK-NEXT: %[[W:.*]] = flow.read @w
// CHECK-NEXT: %[[E:.*]] = math.exp %[[W]]
// CHECK-NEXT: %[[G:.*]] = flow.adjoint @staged.0 : tensor<2xf64>
// CHECK-NEXT: %[[DW:.*]] = arith.mulf %[[E]], %[[G]]
// CHECK-NEXT: flow.accumulate @w, %[[DW]]
// CHECK-NEXT: return
flow.model @m features 2 attributes {staged = 16 : i64} {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @staged.0 : tensor<2xf64> at 0
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %s = flow.read @staged.0 : tensor<2xf64>
    %p = arith.mulf %x, %s : tensor<2xf64>
    %d = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    %w = flow.read @w : tensor<2xf64>
    %e = math.exp %w : tensor<2xf64>
    flow.store @staged.0, %e : tensor<2xf64>
    return
  }
}

// -----

// A parameter that is staged in two forms gathers both: dw = adjoint of w + (adjoint of e^w) e^w.
// CHECK-LABEL: func.func @stage_adjoint() {
// CHECK: %[[E:.*]] = math.exp
// CHECK-DAG: %[[G:.*]] = flow.adjoint @staged.0
// CHECK-DAG: %[[H:.*]] = flow.adjoint @staged.1
// CHECK: %[[P:.*]] = arith.mulf %[[E]], %[[H]]
// CHECK-NEXT: %[[S:.*]] = arith.addf %[[G]], %[[P]]
// CHECK-NEXT: flow.accumulate @w, %[[S]]
// CHECK-NEXT: return
flow.model @two features 2 attributes {staged = 32 : i64} {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.staged @staged.0 : tensor<2xf64> at 0
  flow.staged @staged.1 : tensor<2xf64> at 16
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %s = flow.read @staged.0 : tensor<2xf64>
    %t = flow.read @staged.1 : tensor<2xf64>
    %p = arith.mulf %s, %t : tensor<2xf64>
    %d = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    %w = flow.read @w : tensor<2xf64>
    %e = math.exp %w : tensor<2xf64>
    flow.store @staged.0, %w : tensor<2xf64>
    flow.store @staged.1, %e : tensor<2xf64>
    return
  }
}

// -----

// A fixed staged value has no gradient, in either function.
// CHECK-LABEL: func.func @gradient(
// CHECK-NOT: flow.accumulate
// CHECK-LABEL: func.func @stage()
// CHECK-LABEL: func.func @stage_adjoint() {
// CHECK-NOT: flow.adjoint
// CHECK-NOT: flow.accumulate
// CHECK-NOT: flow.store
// CHECK: return
flow.model @table features 2 attributes {staged = 16 : i64} {
  flow.staged @staged.0 : tensor<2xf64> at 0 fixed
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %s = flow.read @staged.0 : tensor<2xf64>
    %p = arith.mulf %x, %s : tensor<2xf64>
    %d = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
  func.func @stage() {
    %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf64>
    flow.store @staged.0, %c : tensor<2xf64>
    return
  }
}

// -----

// A density that is a staged value itself hands the weight on to it.
// CHECK-LABEL: func.func @gradient(
// CHECK-SAME: %[[WEIGHT:[a-z0-9]+]]: tensor<f64>)
// CHECK: flow.accumulate @staged.0, %[[WEIGHT]] : tensor<f64>
flow.model @whole features 2 attributes {staged = 16 : i64} {
  flow.parameter @w : tensor<f64> {init = {kind = "constant", value = 0.0}}
  flow.staged @staged.0 : tensor<f64> at 0
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %s = flow.read @staged.0 : tensor<f64>
    return %s : tensor<f64>
  }
  func.func @stage() {
    %w = flow.read @w : tensor<f64>
    flow.store @staged.0, %w : tensor<f64>
    return
  }
}
