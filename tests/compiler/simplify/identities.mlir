// RUN: flow-opt %s --flow-drop-facts | FileCheck %s --check-prefix=FACTS
// RUN: flow-opt %s --flow-drop-detached | FileCheck %s --check-prefix=DETACHED

// Each of the two passes removes its identity and leaves the other's alone, inside of a root too.

// FACTS-LABEL: func.func @f(
// FACTS-NOT: flow.constrained
// FACTS: %[[D:.*]] = flow.detach %arg0
// FACTS: flow.root %[[D]]
// FACTS: ^bb0(%[[T:.*]]: tensor<2xf64>):
// FACTS-NEXT: math.sinh %[[T]]
// FACTS-NOT: flow.constrained

// DETACHED-LABEL: func.func @f(
// DETACHED-NOT: flow.detach
// DETACHED: %[[C:.*]] = flow.constrained %arg0
// DETACHED-NOT: flow.detach
// DETACHED: flow.root %[[C]]
// DETACHED: flow.constrained
func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
  %c = flow.constrained %x {low = 0.0 : f64, high = 1.0 : f64, low_open = true, high_open = true} : tensor<2xf64>
  %d = flow.detach %c : tensor<2xf64>
  %r = flow.root %d {lower = -1.0 : f64, upper = 1.0 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    %u = flow.constrained %t {low = -1.0 : f64, high = 1.0 : f64, low_open = true, high_open = true} : tensor<2xf64>
    %v = math.sinh %u : tensor<2xf64>
    %w = math.cosh %u : tensor<2xf64>
    flow.yield %v, %w : tensor<2xf64>, tensor<2xf64>
  }
  return %r : tensor<2xf64>
}
