// RUN: flow-opt %s --flow-compose-model | FileCheck %s

// Data-dependent starts. `probe` gives what they look at in the data as it arrives at their layers, all rows in one vector; `start`
// takes the means and deviations of these rows and stores what they make of the parameters.

// The first layer looks at x, two rows; the second at e^y[1], one row, of the y = x + x that the first has made of x.
// CHECK-LABEL: func.func @probe(
// CHECK-SAME: %[[X:.*]]: tensor<2xf64>) -> tensor<3xf64>
// CHECK: %[[Y:.*]] = arith.addf %[[X]], %[[X]] : tensor<2xf64>
// CHECK: %[[Y1:.*]] = flow.extract %[[Y]] [1]
// CHECK: %[[E:.*]] = math.exp %[[Y1]]
// CHECK: %[[P:.*]] = flow.merge(%[[X]], %[[E]]) [array<i64: 0, 1>, array<i64: 2>]
// CHECK-NEXT: return %[[P]]

// CHECK-LABEL: func.func @start(
// CHECK-SAME: %[[MEAN:.*]]: tensor<3xf64>, %[[DEVIATION:.*]]: tensor<3xf64>)
// CHECK-DAG: %[[D0:.*]] = flow.extract %[[DEVIATION]] [0, 1]
// CHECK-DAG: %[[M1:.*]] = flow.extract %[[MEAN]] [2]
// CHECK-DAG: %[[L:.*]] = math.log %[[D0]]
// CHECK-DAG: flow.store @scale, %[[L]]
// CHECK-DAG: flow.store @shift, %[[M1]]
// CHECK: return
flow.model @m features 2 {
  flow.parameter @scale : tensor<2xf64> {init = {kind = "start"}}
  flow.parameter @shift : tensor<1xf64> {init = {kind = "start"}}
  flow.layer @first "double" {
  ^bb0(%x: tensor<2xf64>):
    %mean, %deviation = flow.probe %x : tensor<2xf64>
    %l = math.log %deviation : tensor<2xf64>
    flow.start @scale, %l : tensor<2xf64>
    flow.return %x : tensor<2xf64>
  }
  flow.layer @second "other" {
  ^bb0(%x: tensor<2xf64>):
    %a = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    %e = math.exp %a : tensor<1xf64>
    %mean, %deviation = flow.probe %e : tensor<1xf64>
    flow.start @shift, %mean : tensor<1xf64>
    flow.return %x : tensor<2xf64>
  }
  func.func @first.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %y = arith.addf %x, %x : tensor<2xf64>
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @first.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %y = arith.addf %x, %x : tensor<2xf64>
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %y = arith.addf %x, %x : tensor<2xf64>
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %y = arith.addf %x, %x : tensor<2xf64>
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
}
