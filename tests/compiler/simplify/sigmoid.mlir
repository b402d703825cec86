// RUN: flow-opt %s --flow-simplify | FileCheck %s

// The logistic function in the tails: nothing may be subtracted from a 1 that it has been rounded to.

// log sigmoid(u) = -softplus(-u)
// CHECK-LABEL: func.func @log_sigmoid(
// CHECK-NEXT: %[[N:.*]] = arith.negf %arg0
// CHECK-NEXT: %[[S:.*]] = flow.softplus %[[N]]
// CHECK-NEXT: %[[R:.*]] = arith.negf %[[S]]
// CHECK-NEXT: return %[[R]]
func.func @log_sigmoid(%u: tensor<3xf64>) -> tensor<3xf64> {
  %s = flow.sigmoid %u : tensor<3xf64>
  %l = math.log %s : tensor<3xf64>
  return %l : tensor<3xf64>
}

// log(1 - sigmoid(u)) = -softplus(u), written with log1p
// CHECK-LABEL: func.func @log1p_minus_sigmoid(
// CHECK-NEXT: %[[S:.*]] = flow.softplus %arg0
// CHECK-NEXT: %[[R:.*]] = arith.negf %[[S]]
// CHECK-NEXT: return %[[R]]
func.func @log1p_minus_sigmoid(%u: tensor<3xf64>) -> tensor<3xf64> {
  %s = flow.sigmoid %u : tensor<3xf64>
  %n = arith.negf %s : tensor<3xf64>
  %l = math.log1p %n : tensor<3xf64>
  return %l : tensor<3xf64>
}

// ... and with log: it meets 1 - sigmoid(u) = sigmoid(-u).
// CHECK-LABEL: func.func @log_one_minus_sigmoid(
// CHECK-NEXT: %[[S:.*]] = flow.softplus %arg0
// CHECK-NEXT: %[[R:.*]] = arith.negf %[[S]]
// CHECK-NEXT: return %[[R]]
func.func @log_one_minus_sigmoid(%u: tensor<3xf64>) -> tensor<3xf64> {
  %one = arith.constant dense<1.0> : tensor<3xf64>
  %s = flow.sigmoid %u : tensor<3xf64>
  %d = arith.subf %one, %s : tensor<3xf64>
  %l = math.log %d : tensor<3xf64>
  return %l : tensor<3xf64>
}

// 1 - sigmoid(u) = sigmoid(-u)
// CHECK-LABEL: func.func @one_minus_sigmoid(
// CHECK-NEXT: %[[N:.*]] = arith.negf %arg0
// CHECK-NEXT: %[[R:.*]] = flow.sigmoid %[[N]]
// CHECK-NEXT: return %[[R]]
func.func @one_minus_sigmoid(%u: tensor<3xf64>) -> tensor<3xf64> {
  %one = arith.constant dense<1.0> : tensor<3xf64>
  %s = flow.sigmoid %u : tensor<3xf64>
  %d = arith.subf %one, %s : tensor<3xf64>
  return %d : tensor<3xf64>
}

// 2 - sigmoid(u) is neither, nor is sigmoid(u) - 1.
// CHECK-LABEL: func.func @others(
// CHECK: %[[S:.*]] = flow.sigmoid %arg0
// CHECK-NEXT: arith.subf %{{.*}}, %[[S]]
// CHECK-NEXT: arith.subf %[[S]], %{{.*}}
func.func @others(%u: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %one = arith.constant dense<1.0> : tensor<3xf64>
  %two = arith.constant dense<2.0> : tensor<3xf64>
  %s = flow.sigmoid %u : tensor<3xf64>
  %d = arith.subf %two, %s : tensor<3xf64>
  %e = arith.subf %s, %one : tensor<3xf64>
  return %d, %e : tensor<3xf64>, tensor<3xf64>
}
