// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse | FileCheck %s

// Of the circle a turn is a bijection: back by the same angle, with a log-determinant of 0, whatever the angle depends on.
// CHECK-LABEL: func.func @L.forward(
// CHECK: %[[Y:.*]] = flow.turn %{{.*}} by %[[S:.*]]
// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[N:.*]] = arith.negf
// CHECK: flow.turn %{{.*}} by %[[N]]
// CHECK-NOT: flow.root
flow.model @circle features 2 {
  flow.layer @L "turned" {
  ^bb0(%x: tensor<2xf64>):
    %a = flow.extract %x [0] : tensor<2xf64> -> tensor<1xf64>
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    %s = math.sin %a : tensor<1xf64>
    %t = flow.turn %b by %s : tensor<1xf64>
    %y = flow.merge(%a, %t) [array<i64: 0>, array<i64: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
