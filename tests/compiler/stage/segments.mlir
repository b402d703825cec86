// RUN: flow-opt %s --flow-segment | FileCheck %s
// RUN: flow-opt %s --flow-segment --flow-differentiate | FileCheck %s --check-prefix=GRADIENT

// Two cuts. Behind the first a statistic of x is taken twice, x itself is needed again, and so is %e: once is enough of both. What is made
// of parameters and statistics alone, %r, is computed wherever it is needed, and nothing of it is handed on; %far is handed through.

// CHECK-LABEL: flow.model @m
// CHECK-LABEL: func.func @segment_0(%arg0: tensor<2xf64>) -> tensor<4xf64>
// CHECK: %[[E:.*]] = math.exp %arg0
// CHECK: %[[MERGED:.*]] = flow.merge(%arg0, %[[E]]) [array<i64: 0, 1>, array<i64: 2, 3>]
// CHECK: return %[[MERGED]]

// CHECK-LABEL: func.func @segment_1(%arg0: tensor<4xf64>) -> tensor<4xf64>
// CHECK-DAG: %[[X:.*]] = flow.extract %arg0 [0, 1]
// CHECK-DAG: %[[FAR:.*]] = flow.extract %arg0 [2, 3]
// CHECK-DAG: %[[MEAN:.*]] = flow.read @statistic.0.mean : tensor<2xf64>
// CHECK-DAG: %[[VARIANCE:.*]] = flow.read @statistic.0.variance : tensor<2xf64>
// CHECK: %[[Y:.*]] = arith.subf %[[X]], %[[MEAN]]
// CHECK: %[[R:.*]] = math.sqrt %[[VARIANCE]]
// CHECK: %[[P:.*]] = arith.mulf %[[Y]], %[[R]]
// CHECK: flow.merge(%[[P]], %[[FAR]])

// CHECK-LABEL: func.func @segment_2(%arg0: tensor<4xf64>) -> tensor<f64>
// CHECK-DAG: %[[P:.*]] = flow.extract %arg0 [0, 1]
// CHECK-DAG: %[[FAR:.*]] = flow.extract %arg0 [2, 3]
// CHECK-DAG: %[[LATE:.*]] = flow.read @statistic.1.mean
// CHECK: %[[R:.*]] = math.sqrt
// CHECK: arith.addf %[[P]], %[[LATE]]
// CHECK: arith.mulf %{{.*}}, %[[R]]
// CHECK: arith.addf %{{.*}}, %[[FAR]]

// CHECK-LABEL: func.func @statistics()
// CHECK-DAG: flow.store @mean, %{{.*}}
// CHECK-DAG: flow.store @variance
// CHECK-DAG: flow.store @late
// CHECK: flow.staged @statistic.0.mean : tensor<2xf64> at 16
// CHECK: flow.staged @statistic.0.variance : tensor<2xf64> at 32
// CHECK: flow.staged @statistic.1.mean : tensor<2xf64> at 48
// CHECK: flow.staged @statistic.1.variance : tensor<2xf64> at 64

// Nothing asks for the variance of the second; it is 0 before a batch is seen.
// CHECK-LABEL: func.func @stage()
// CHECK: %[[MEAN:.*]] = flow.read @mean
// CHECK: flow.store @statistic.0.mean, %[[MEAN]]
// CHECK: %[[LATE:.*]] = flow.read @late
// CHECK: flow.store @statistic.1.mean, %[[LATE]]
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.0
// CHECK: flow.store @statistic.1.variance, %[[ZERO]]
// CHECK-NOT: @training

// The first has nothing to hand back; the last gives the objective ahead of what it hands back.
// GRADIENT-LABEL: func.func @segment_gradient_0(%arg0: tensor<2xf64>, %arg1: tensor<4xf64>) {
// GRADIENT-LABEL: func.func @segment_gradient_1(%arg0: tensor<4xf64>, %arg1: tensor<4xf64>) -> tensor<4xf64>
// GRADIENT-DAG: flow.accumulate @statistic.0.mean
// GRADIENT-DAG: flow.accumulate @statistic.0.variance
// GRADIENT: return %{{.*}} : tensor<4xf64>
// GRADIENT-LABEL: func.func @segment_gradient_2(%arg0: tensor<4xf64>, %arg1: tensor<f64>) -> tensor<5xf64>
// GRADIENT-DAG: flow.accumulate @statistic.0.variance
// GRADIENT-DAG: flow.accumulate @statistic.1.mean
// GRADIENT-DAG: flow.accumulate @staged.0
// GRADIENT-NOT: func.func @gradient
flow.model @m features 2 attributes {staged = 16 : i64} {
  flow.parameter @w : tensor<2xf64> {init = {}}
  flow.parameter @mean : tensor<2xf64> {init = {}, frozen}
  flow.parameter @variance : tensor<2xf64> {init = {}, frozen}
  flow.parameter @late : tensor<2xf64> {init = {}, frozen}
  func.func @training(%x: tensor<2xf64>) -> tensor<f64> {
    %e = math.exp %x : tensor<2xf64>
    %m = flow.statistic @mean mean %x : tensor<2xf64>
    %v = flow.statistic @variance variance %x : tensor<2xf64>
    %y = arith.subf %x, %m : tensor<2xf64>
    %r = math.sqrt %v : tensor<2xf64>
    %p = arith.mulf %y, %r : tensor<2xf64>
    %l = flow.statistic @late mean %p : tensor<2xf64>
    %a = arith.addf %p, %l : tensor<2xf64>
    %b = arith.mulf %a, %r : tensor<2xf64>
    %c = arith.addf %b, %e : tensor<2xf64>
    %w = flow.read @staged.0 : tensor<2xf64>
    %d = arith.mulf %c, %w : tensor<2xf64>
    %s = flow.sum %d : tensor<2xf64> -> tensor<f64>
    return %s : tensor<f64>
  }
  flow.staged @staged.0 : tensor<2xf64> at 0
  func.func @stage() {
    %w = flow.read @w : tensor<2xf64>
    flow.store @staged.0, %w : tensor<2xf64>
    return
  }
}
