// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" | FileCheck %s

// The size of the context is told in flow_info, behind the rest, and whether it is a label. A kernel takes it in the rows behind the
// features, and reads it where it is.
// CHECK: @flow_f32_info : memref<13xi64> = dense<[{{[0-9]+}}, 16, 2, 0, 0, {{[0-9]+}}, 0, 3, 1, 0, 16, 4, 16]>
// CHECK-LABEL: func.func @flow_f32_to_latent(
// CHECK-SAME: %{{.*}}: memref<0xf32>, %[[IN:.*]]: memref<5x16xf32>, %[[Z:.*]]: memref<2x16xf32>
// CHECK: memref.reinterpret_cast %[[IN]] to offset: [32], sizes: [2, 16]
flow.model @m features 2 attributes {staged = 0 : i64, given_context = {size = 3 : i64, label = true}} {
  func.func @stage() { return }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) { return }
  func.func @to_latent(%in: tensor<5xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %x = flow.extract %in [0, 1] : tensor<5xf64> -> tensor<2xf64>
    %s = flow.extract %in [2, 3] : tensor<5xf64> -> tensor<2xf64>
    %z = arith.addf %x, %s : tensor<2xf64>
    %d = flow.sum %s : tensor<2xf64> -> tensor<f64>
    return %z, %d : tensor<2xf64>, tensor<f64>
  }
}
