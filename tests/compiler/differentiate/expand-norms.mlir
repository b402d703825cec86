// RUN: flow-opt %s --flow-expand-norms --split-input-file | FileCheck %s

// The matrix is brought to the length 1 (where it is longer than `least`), multiplied with its transpose, squared again and again, and
// the roots are taken back one inside of the other. Of a matrix with one row there is nothing to square.

// CHECK-LABEL: func.func @row(
// CHECK: %[[SQUARES:.*]] = flow.square %arg0
// CHECK: %[[SUM:.*]] = flow.sum %[[SQUARES]] : tensor<1x3xf64> -> tensor<f64>
// CHECK: %[[LENGTH:.*]] = arith.maximumf %[[SUM]], %{{.*}}
// CHECK: math.sqrt %[[LENGTH]]
// CHECK: %[[GRAM:.*]] = flow.matvec %{{.*}}, %{{.*}} : tensor<1x3xf64>, tensor<3xf64> -> tensor<1xf64>
// CHECK-NOT: flow.matvec
// CHECK: %[[LEAST:.*]] = arith.constant dense<9.000000e-01>
// CHECK: %[[RESULT:.*]] = arith.maximumf %{{.*}}, %[[LEAST]]
// CHECK: return %[[RESULT]]
func.func @row(%w: tensor<1x3xf64>) -> tensor<f64> {
  %n = flow.spectral_norm %w {least = 0.9 : f64} : tensor<1x3xf64> -> tensor<f64>
  return %n : tensor<f64>
}

// -----

// Of many columns the transposed product is the smaller one: 2 x 2, not 5 x 5. 2^(1 / 2^7) is the first root below 1.01.
// CHECK-LABEL: func.func @tall(
// CHECK: flow.matvec transposed %{{.*}}, %{{.*}} : tensor<5x2xf64>, tensor<10xf64> -> tensor<4xf64>
// CHECK-COUNT-5: flow.matvec %{{.*}}, %{{.*}} : tensor<2x2xf64>, tensor<4xf64> -> tensor<4xf64>
// CHECK-NOT: flow.matvec
// CHECK-NOT: flow.spectral_norm
func.func @tall(%w: tensor<5x2xf64>) -> tensor<f64> {
  %n = flow.spectral_norm %w {least = 0.9 : f64} : tensor<5x2xf64> -> tensor<f64>
  return %n : tensor<f64>
}

// -----

// CHECK-LABEL: func.func @nothing(
// CHECK-NEXT: %[[LEAST:.*]] = arith.constant dense<9.000000e-01>
// CHECK-NEXT: return %[[LEAST]]
func.func @nothing(%w: tensor<0x3xf64>) -> tensor<f64> {
  %n = flow.spectral_norm %w {least = 0.9 : f64} : tensor<0x3xf64> -> tensor<f64>
  return %n : tensor<f64>
}
