// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse | FileCheck %s
// RUN: flow-opt %s --flow-derive-layers --flow-compose-model --flow-stage --flow-differentiate | FileCheck %s --check-prefix=STAGE

// A MADE in the order 2, 0, 1: the dependencies are the exact boolean product of the masks, so there are three levels. The inverse
// computes each of the four hidden units once, from the columns that it needs and no others: two when x[2] is known, two when x[0]
// is, and then adds the two parts up.

// CHECK: flow.layer @L "made" attributes {levels = 3 : i64}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[X2:.*]] = flow.extract %arg0 [2]
// CHECK: %[[W:.*]] = flow.read @w1
// CHECK: %[[W1:.*]] = flow.extract %[[W]] [2, 8] : tensor<4x3xf64> -> tensor<2x1xf64>
// CHECK: flow.matvec %[[W1]], %[[X2]] : tensor<2x1xf64>
// CHECK: %[[H1:.*]] = math.tanh %{{.*}} : tensor<2xf64>
// CHECK: flow.matvec %{{.*}}, %[[H1]] : tensor<1x2xf64>
// CHECK: %[[X0:.*]] = arith.subf
// CHECK: %[[X20:.*]] = flow.merge(%[[X2]], %[[X0]]) [array<i64: 0>, array<i64: 1>]
// CHECK: flow.matvec %{{.*}}, %[[X20]] : tensor<2x2xf64>
// CHECK: %[[H2:.*]] = math.tanh %{{.*}} : tensor<2xf64>
// CHECK: %[[H:.*]] = flow.merge(%[[H1]], %[[H2]])
// CHECK: flow.matvec %{{.*}}, %[[H]] : tensor<1x4xf64>
// CHECK-NOT: flow.matvec
// CHECK: return

// A mask depends on parameters alone: it is applied once per step, and its adjoint is the same mask.
// STAGE-LABEL: func.func @to_latent(
// STAGE-NOT: flow.causal
// STAGE-LABEL: func.func @stage()
// STAGE: flow.causal %{{.*}} rows [0, 1, 0, 1] columns [1, 2, 0]
// STAGE-LABEL: func.func @stage_adjoint()
// STAGE: %[[G:.*]] = flow.adjoint
// STAGE: %[[A:.*]] = flow.causal %{{.*}} rows [0, 1, 0, 1] columns [1, 2, 0]
// STAGE: flow.accumulate @w1, %[[A]]
flow.model @m features 3 {
  flow.parameter @w1 : tensor<4x3xf64> {init = {kind = "constant", value = 0.1}}
  flow.parameter @w2 : tensor<3x4xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "made" {
  ^bb0(%x: tensor<3xf64>):
    %w1 = flow.read @w1 : tensor<4x3xf64>
    %m1 = flow.causal %w1 rows [0, 1, 0, 1] columns [1, 2, 0] : tensor<4x3xf64>
    %a = flow.matvec %m1, %x : tensor<4x3xf64>, tensor<3xf64> -> tensor<4xf64>
    %h = math.tanh %a : tensor<4xf64>
    %w2 = flow.read @w2 : tensor<3x4xf64>
    %m2 = flow.causal %w2 rows [0, 1, -1] columns [0, 1, 0, 1] : tensor<3x4xf64>
    %t = flow.matvec %m2, %h : tensor<3x4xf64>, tensor<4xf64> -> tensor<3xf64>
    %y = arith.addf %x, %t : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }  flow.layer @B "normal" attributes {base} {
  ^bb0(%z: tensor<3xf64>):
    %u = flow.normal_cdf %z : tensor<3xf64>
    flow.return %u : tensor<3xf64>
  }
}
