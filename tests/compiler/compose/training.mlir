// RUN: flow-opt %s --flow-compose-model | FileCheck %s

// A parameter that follows a statistic is read where densities are computed. In training the statistic itself stands there, of what enters
// the layer, and the second is of what the first one has made.

// CHECK-LABEL: func.func @log_prob(
// CHECK: flow.read @m
// CHECK: flow.read @v
// CHECK-NOT: flow.statistic

// CHECK-LABEL: func.func @training(%arg0: tensor<2xf64>) -> tensor<f64>
// CHECK-NOT: flow.read
// CHECK: %[[M:.*]] = flow.statistic @m mean %arg0 : tensor<2xf64>
// CHECK: %[[Y:.*]] = arith.subf %arg0, %[[M]]
// CHECK: %[[V:.*]] = flow.statistic @v variance %[[Y]] : tensor<2xf64>
// CHECK-NOT: flow.read
// CHECK: arith.mulf %{{.*}}, %[[V]]
// CHECK: return %{{.*}} : tensor<f64>
flow.model @normalized features 2 {
  flow.layer @"0.l" "l" {
  ^bb0(%x: tensor<2xf64>):
    flow.running @m mean %x {momentum = 0.9 : f64} : tensor<2xf64>
    %m = flow.read @m : tensor<2xf64>
    %y = arith.subf %x, %m : tensor<2xf64>
    flow.running @v variance %y {momentum = 0.5 : f64} : tensor<2xf64>
    %v = flow.read @v : tensor<2xf64>
    %z = arith.mulf %y, %v : tensor<2xf64>
    flow.return %z : tensor<2xf64>
  }
  flow.parameter @m : tensor<2xf64> {init = {kind = "constant", value = 0.0}, frozen}
  flow.parameter @v : tensor<2xf64> {init = {kind = "constant", value = 1.0}, frozen}
  func.func @"0.l.forward"(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %m = flow.read @m : tensor<2xf64>
    %v = flow.read @v : tensor<2xf64>
    %y = arith.subf %x, %m : tensor<2xf64>
    %z = arith.mulf %y, %v : tensor<2xf64>
    %d = flow.sum %v : tensor<2xf64> -> tensor<f64>
    return %z, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @"0.l.inverse"(%z: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %d = flow.sum %z : tensor<2xf64> -> tensor<f64>
    return %z, %d : tensor<2xf64>, tensor<f64>
  }
}
