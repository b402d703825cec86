// RUN: flow-opt %s --flow-expand-systems --cse | FileCheck %s

// The determinant and the systems of one matrix share its elimination.
// CHECK-LABEL: func.func @shared(
// CHECK: %[[LU:.*]] = flow.eliminate %arg0 : tensor<9xf64>
// CHECK-NOT: flow.eliminate
// CHECK: %[[PIVOTS:.*]] = flow.extract %[[LU]] [0, 4, 8]
// CHECK-NEXT: %[[LOGS:.*]] = math.log %[[PIVOTS]]
// CHECK-NEXT: %[[D:.*]] = flow.sum %[[LOGS]]
// CHECK-NEXT: %[[X:.*]] = flow.substitute transposed %[[LU]], %arg1
// CHECK-NEXT: return %[[D]], %[[X]]
func.func @shared(%m: tensor<9xf64>, %y: tensor<3xf64>) -> (tensor<f64>, tensor<3xf64>) {
  %d = flow.log_det %m : tensor<9xf64> -> tensor<f64>
  %x = flow.solve transposed %m, %y : tensor<9xf64>, tensor<3xf64>
  return %d, %x : tensor<f64>, tensor<3xf64>
}
