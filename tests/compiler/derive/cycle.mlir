// RUN: not flow-opt %s --flow-derive-layers 2>&1 | FileCheck %s

// The note names the user's value in which the inputs come together, and stands where that is.
// CHECK: error: `mixing` cannot be inverted one element at a time: 2 of its outputs
// CHECK: mixing.flow:3:5: note: output 0 needs inputs 0, 1 through `h`, none of which is known before
flow.model @mixing features 2 {
  flow.parameter @w : tensor<2x2xf64> {init = {kind = "constant", value = 1.0}}
  flow.layer @L "mixing" {
  ^bb0(%x: tensor<2xf64>):
    %w = flow.read @w : tensor<2x2xf64>
    %m = flow.matvec %w, %x : tensor<2x2xf64>, tensor<2xf64> -> tensor<2xf64>
    %h = math.tanh %m : tensor<2xf64> loc("h"("mixing.flow":3:5))
    %y = arith.addf %x, %h : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}
