// RUN: flow-opt %s --flow-stage | FileCheck %s

// Equal values of different functions have one place; different ones have places that start on 16 elements.
// CHECK: flow.model @m features 3 attributes {staged = 32 : i64}
// CHECK-LABEL: func.func @to_latent(
// CHECK: %[[S:.*]] = flow.read @[[E:staged.[0-9]+]]
// CHECK: arith.mulf %arg0, %[[S]]
// CHECK-LABEL: func.func @log_prob(
// CHECK: %[[S:.*]] = flow.read @[[E]]
// CHECK: arith.mulf %arg0, %[[S]]
// CHECK: %[[T:.*]] = flow.read @[[N:staged.[0-9]+]]
// CHECK: arith.addf %{{.*}}, %[[T]]
// CHECK: flow.staged @[[E]] : tensor<3xf64> at 0
// CHECK-NEXT: flow.staged @[[N]] : tensor<3xf64> at 16
// CHECK-NOT: flow.staged
// CHECK-LABEL: func.func @stage() {
// CHECK: math.exp
// CHECK-NOT: math.exp
// CHECK: flow.store @[[E]]
// CHECK-NOT: math.exp
// CHECK: flow.store @[[N]]
// CHECK-NOT: flow.store
flow.model @m features 3 {
  flow.parameter @w : tensor<3xf64> {init = {kind = "constant", value = 0.0}}
  func.func @to_latent(%x: tensor<3xf64>) -> tensor<3xf64> {
    %w = flow.read @w : tensor<3xf64>
    %e = math.exp %w : tensor<3xf64>
    %p = arith.mulf %x, %e : tensor<3xf64>
    return %p : tensor<3xf64>
  }
  func.func @log_prob(%x: tensor<3xf64>) -> tensor<f64> {
    %w = flow.read @w : tensor<3xf64>
    %e = math.exp %w : tensor<3xf64>
    %n = arith.negf %w : tensor<3xf64>
    %p = arith.mulf %x, %e : tensor<3xf64>
    %q = arith.addf %p, %n : tensor<3xf64>
    %d = flow.sum %q : tensor<3xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}
