// RUN: flow-opt %s --flow-stage --split-input-file | FileCheck %s

// log_prob(x) = sum of e^w x: e^w depends on the parameter alone and is computed by `stage`; what depends on x stays and reads it.
// CHECK: flow.model @m features 2 attributes {staged = 16 : i64}
// CHECK-LABEL: func.func @log_prob(
// CHECK-NOT: math.exp
// CHECK: %[[S:.*]] = flow.read @staged.0 : tensor<2xf64>
// CHECK-NEXT: %[[P:.*]] = arith.mulf %arg0, %[[S]]
// CHECK-NEXT: %[[D:.*]] = flow.sum %[[P]]
// CHECK-NEXT: return %[[D]]
// CHECK: flow.staged @staged.0 : tensor<2xf64> at 0{{$}}
// CHECK-LABEL: func.func @stage() {
// CHECK-NEXT: %[[W:.*]] = flow.read @w
// CHECK-NEXT: %[[E:.*]] = math.exp %[[W]]
// CHECK-NEXT: flow.store @staged.0, %[[E]]
// CHECK-NEXT: return
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<2xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<2xf64>
    %e = math.exp %w : tensor<2xf64>
    %p = arith.mulf %x, %e : tensor<2xf64>
    %d = flow.sum %p : tensor<2xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}

// -----

// What the sample reaches is never staged, however much of it is parameters: e^(w x) stays, and w alone is staged.
// CHECK: attributes {staged = 16 : i64}
// CHECK-LABEL: func.func @log_prob(
// CHECK: %[[P:.*]] = arith.mulf %arg0, %[[W:.*]] :
// CHECK: math.exp %[[P]]
// CHECK: flow.staged @staged.0
// CHECK-NOT: flow.staged
// CHECK-LABEL: func.func @stage() {
// CHECK-NOT: arith.mulf
// CHECK-NOT: math.exp
// CHECK: return
flow.model @m features 1 {
  flow.parameter @w : tensor<1xf64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<1xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<1xf64>
    %p = arith.mulf %x, %w : tensor<1xf64>
    %e = math.exp %p : tensor<1xf64>
    %s = arith.addf %e, %w : tensor<1xf64>
    %d = flow.sum %s : tensor<1xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}
