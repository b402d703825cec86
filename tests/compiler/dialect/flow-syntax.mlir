// RUN: flow-opt %s | flow-opt | FileCheck %s
// RUN: flow-opt %s --mlir-print-op-generic | flow-opt | FileCheck %s

// What is printed is read back as the same, in the dialect's own form and in the generic one.

// CHECK: flow.model @m features 2 attributes {staged = 16 : i64} {
// CHECK-NEXT: flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.000000e+00 : f64}}
// CHECK-NEXT: flow.layer @L "affine" attributes {base, generative, lower = 0.000000e+00 : f64, upper = 1.000000e+00 : f64} {
// CHECK-NEXT: ^bb0(%[[X:.*]]: tensor<2xf64>):
// CHECK-NEXT: %[[MEAN:.*]], %[[DEVIATION:.*]] = flow.probe %[[X]] : tensor<2xf64>
// CHECK-NEXT: flow.start @w, %[[DEVIATION]] : tensor<2xf64>
// CHECK-NEXT: flow.return %[[X]] : tensor<2xf64>
// CHECK: flow.staged @v : tensor<2xf64> at 0
// CHECK-NOT: fixed
// CHECK-NEXT: flow.staged @c : tensor<2xf64> at 16 fixed
// CHECK: func.func @f(%[[Y:.*]]: tensor<2xf64>, %[[A:.*]]: tensor<3x2xf64>) {
// CHECK-NEXT: %[[R:.*]] = flow.read @v : tensor<2xf64>
// CHECK-NEXT: flow.store @v, %[[R]] : tensor<2xf64>
// CHECK-NEXT: flow.accumulate @v, %[[R]] : tensor<2xf64>
// CHECK-NEXT: flow.adjoint @v : tensor<2xf64>
// CHECK-NEXT: %[[P:.*]] = flow.matvec %[[A]], %[[Y]] : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
// CHECK-NEXT: flow.matvec transposed %[[A]], %[[P]] : tensor<3x2xf64>, tensor<3xf64> -> tensor<2xf64>
// CHECK-NEXT: flow.outer %[[P]], %[[Y]] : tensor<3xf64>, tensor<2xf64> -> tensor<3x2xf64>
// CHECK-NEXT: %[[S:.*]] = flow.sum %[[Y]] : tensor<2xf64> -> tensor<f64>
// CHECK-NEXT: flow.splat %[[S]] : tensor<f64> -> tensor<2xf64>
// CHECK-NEXT: flow.constrained %[[Y]] {high = 1.000000e+00 : f64, high_open = true, low = 0.000000e+00 : f64, low_open = false} : tensor<2xf64>
// CHECK-NEXT: flow.detach %[[Y]] : tensor<2xf64>
// CHECK-NEXT: flow.root %[[Y]] {decreasing, lower = 0xFFF0000000000000 : f64, upper = 1.000000e+00 : f64} : tensor<2xf64> {
// CHECK-NEXT: ^bb0(%[[T:.*]]: tensor<2xf64>):
// CHECK-NEXT: flow.yield %[[Y]], %[[T]] : tensor<2xf64>, tensor<2xf64>
// CHECK: flow.normal_quantile %[[Y]] : tensor<2xf64>
flow.model @m features 2 attributes {staged = 16 : i64} {
  flow.parameter @w : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.layer @L "affine" attributes {generative, base, lower = 0.0 : f64, upper = 1.0 : f64} {
  ^bb0(%x: tensor<2xf64>):
    %mean, %deviation = flow.probe %x : tensor<2xf64>
    flow.start @w, %deviation : tensor<2xf64>
    flow.return %x : tensor<2xf64>
  }
  flow.staged @v : tensor<2xf64> at 0
  flow.staged @c : tensor<2xf64> at 16 fixed
  func.func @f(%y: tensor<2xf64>, %a: tensor<3x2xf64>) {
    %r = flow.read @v : tensor<2xf64>
    flow.store @v, %r : tensor<2xf64>
    flow.accumulate @v, %r : tensor<2xf64>
    %g = flow.adjoint @v : tensor<2xf64>
    %p = flow.matvec %a, %y : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
    %q = flow.matvec transposed %a, %p : tensor<3x2xf64>, tensor<3xf64> -> tensor<2xf64>
    %o = flow.outer %p, %y : tensor<3xf64>, tensor<2xf64> -> tensor<3x2xf64>
    %s = flow.sum %y : tensor<2xf64> -> tensor<f64>
    %v = flow.splat %s : tensor<f64> -> tensor<2xf64>
    %c = flow.constrained %y {low = 0.0 : f64, high = 1.0 : f64, low_open = false, high_open = true} : tensor<2xf64>
    %d = flow.detach %y : tensor<2xf64>
    %t = flow.root %y {decreasing, lower = 0xFFF0000000000000 : f64, upper = 1.0 : f64} : tensor<2xf64> {
    ^bb0(%u: tensor<2xf64>):
      flow.yield %y, %u : tensor<2xf64>, tensor<2xf64>
    }
    %n = flow.normal_quantile %y : tensor<2xf64>
    return
  }
}
