// RUN: tile-opt --tile-math-to-libm %s | FileCheck %s

// log1p must not become log(1 + x); floor and fma are instructions.
// CHECK-LABEL: @f
func.func @f(%x: vector<2xf64>) -> vector<2xf64> {
  // CHECK-COUNT-2: call @log1p(
  %a = math.log1p %x : vector<2xf64>
  // CHECK: math.floor
  %b = math.floor %a : vector<2xf64>
  // CHECK: math.fma
  %c = math.fma %b, %a, %x : vector<2xf64>
  return %c : vector<2xf64>
}
