// RUN: flow-opt %s --flow-compose-model | FileCheck %s

// Data runs through the layers from the first to the last, and the log-determinants add up; latents run through the inverses from the
// last to the first. The base is part of a density and of a sample alone.
// The layers here are marked by what they multiply with: 2, 3 and, the base, 5; their inverses with 1/2, 1/4 and 1/8.

// CHECK-LABEL: func.func @to_latent(
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.0
// CHECK: %[[C2:.*]] = arith.constant dense<2.0{{0*}}e+00>
// CHECK: %[[A:.*]] = arith.mulf %arg0, %[[C2]]
// CHECK: %[[S2:.*]] = flow.sum %[[C2]]
// CHECK: %[[D2:.*]] = arith.addf %[[ZERO]], %[[S2]]
// CHECK: %[[C3:.*]] = arith.constant dense<3.0{{0*}}e+00>
// CHECK: %[[B:.*]] = arith.mulf %[[A]], %[[C3]]
// CHECK: %[[S3:.*]] = flow.sum %[[C3]]
// CHECK: %[[D3:.*]] = arith.addf %[[D2]], %[[S3]]
// CHECK-NEXT: return %[[B]], %[[D3]]

// CHECK-LABEL: func.func @to_data(
// CHECK: %[[C4:.*]] = arith.constant dense<2.5{{0*}}e-01>
// CHECK: %[[A:.*]] = arith.mulf %arg0, %[[C4]]
// CHECK: %[[C2:.*]] = arith.constant dense<5.0{{0*}}e-01>
// CHECK: %[[B:.*]] = arith.mulf %[[A]], %[[C2]]
// CHECK: %[[S2:.*]] = flow.sum %[[C2]]
// CHECK: %[[D:.*]] = arith.addf %{{.*}}, %[[S2]]
// CHECK-NEXT: return %[[B]], %[[D]]

// CHECK-LABEL: func.func @log_prob(
// CHECK: %[[C2:.*]] = arith.constant dense<2.0{{0*}}e+00>
// CHECK: %[[A:.*]] = arith.mulf %arg0, %[[C2]]
// CHECK: %[[C3:.*]] = arith.constant dense<3.0{{0*}}e+00>
// CHECK: %[[B:.*]] = arith.mulf %[[A]], %[[C3]]
// CHECK: %[[D3:.*]] = arith.addf
// CHECK: %[[C5:.*]] = arith.constant dense<5.0{{0*}}e+00>
// CHECK: arith.mulf %[[B]], %[[C5]]
// CHECK: %[[S5:.*]] = flow.sum %[[C5]]
// CHECK: %[[D:.*]] = arith.addf %[[D3]], %[[S5]]
// CHECK-NEXT: return %[[D]] : tensor<f64>

// A sample goes backwards through the base first. Its log density is minus the log-determinant of the way from the unit cube.
// CHECK-LABEL: func.func @sample(
// CHECK: %[[C8:.*]] = arith.constant dense<1.25{{0*}}e-01>
// CHECK: %[[A:.*]] = arith.mulf %arg0, %[[C8]]
// CHECK: %[[C4:.*]] = arith.constant dense<2.5{{0*}}e-01>
// CHECK: %[[B:.*]] = arith.mulf %[[A]], %[[C4]]
// CHECK: %[[C2:.*]] = arith.constant dense<5.0{{0*}}e-01>
// CHECK: %[[X:.*]] = arith.mulf %[[B]], %[[C2]]
// CHECK: %[[D:.*]] = arith.addf
// CHECK-NEXT: %[[N:.*]] = arith.negf %[[D]]
// CHECK-NEXT: return %[[X]], %[[N]]
flow.model @m features 2 {
  flow.layer @first "double" {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  flow.layer @second "triple" {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  flow.layer @third "base" attributes {base} {
  ^bb0(%x: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
  func.func @first.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<2.0> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @first.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<0.5> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<3.0> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @second.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<0.25> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @third.forward(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<5.0> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
  func.func @third.inverse(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
    %c = arith.constant dense<0.125> : tensor<2xf64>
    %y = arith.mulf %x, %c : tensor<2xf64>
    %d = flow.sum %c : tensor<2xf64> -> tensor<f64>
    return %y, %d : tensor<2xf64>, tensor<f64>
  }
}
