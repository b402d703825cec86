// RUN: flow-opt %s --flow-stage | FileCheck %s

// One number costs nothing where it is used and takes no place, nor do repetitions of a scalar: of the splat the scalar is staged.
// A table of different numbers is staged as fixed: it depends on no parameter and has no gradient.
// CHECK-LABEL: func.func @log_prob(
// CHECK-DAG: %[[TWO:.*]] = arith.constant dense<2.000000e+00>
// CHECK-DAG: %[[S:.*]] = flow.read @[[SCALAR:staged.[0-9]+]] : tensor<f64>
// CHECK-DAG: %[[V:.*]] = flow.splat %[[S]] : tensor<f64> -> tensor<3xf64>
// CHECK-DAG: %[[T:.*]] = flow.read @[[TABLE:staged.[0-9]+]] : tensor<3xf64>
// CHECK-DAG: arith.mulf %arg0, %[[TWO]]
// CHECK-DAG: arith.mulf %{{.*}}, %[[V]]
// CHECK-DAG: arith.addf %{{.*}}, %[[T]]
// CHECK-DAG: flow.staged @[[SCALAR]] : tensor<f64> at {{[0-9]+}}{{$}}
// CHECK-DAG: flow.staged @[[TABLE]] : tensor<3xf64> at {{[0-9]+}} fixed
// CHECK-LABEL: func.func @stage() {
// CHECK-NOT: flow.splat
// CHECK-NOT: dense<2.0
// CHECK: return
flow.model @m features 3 {
  flow.parameter @w : tensor<f64> {init = {kind = "constant", value = 0.0}}
  func.func @log_prob(%x: tensor<3xf64>) -> tensor<f64> {
    %two = arith.constant dense<2.0> : tensor<3xf64>
    %table = arith.constant dense<[1.0, 2.0, 4.0]> : tensor<3xf64>
    %w = flow.read @w : tensor<f64>
    %e = math.exp %w : tensor<f64>
    %v = flow.splat %e : tensor<f64> -> tensor<3xf64>
    %a = arith.mulf %x, %two : tensor<3xf64>
    %b = arith.mulf %a, %v : tensor<3xf64>
    %c = arith.addf %b, %table : tensor<3xf64>
    %d = flow.sum %c : tensor<3xf64> -> tensor<f64>
    return %d : tensor<f64>
  }
}
