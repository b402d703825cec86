// RUN: flow-opt %s --flow-stage | FileCheck %s

// `start` runs before there are parameters: it is not staged, and a constant of it takes no place.
// CHECK: attributes {staged = 0 : i64}
// CHECK-LABEL: func.func @start(
// CHECK-NEXT: %[[T:.*]] = arith.constant dense<[1.000000e+00, 2.000000e+00]>
// CHECK-NEXT: %[[V:.*]] = arith.mulf %arg0, %[[T]]
// CHECK-NEXT: flow.store @w, %[[V]]
// CHECK-NOT: flow.staged
// CHECK-LABEL: func.func @stage() {
// CHECK-NEXT: return
flow.model @m features 2 {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  func.func @start(%mean: tensor<2xf64>, %deviation: tensor<2xf64>) {
    %c = arith.constant dense<[1.0, 2.0]> : tensor<2xf64>
    %v = arith.mulf %mean, %c : tensor<2xf64>
    flow.store @w, %v : tensor<2xf64>
    return
  }
}
