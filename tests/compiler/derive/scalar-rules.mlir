// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// One case per row of ScalarRules.def: what a layer y = f(x) becomes.
// The rows that are not injective on all reals (sin, cos, cosh) have theirs in monotone.mlir.

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.exp %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.log %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @exp features 3 {
  flow.layer @L "exp" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.exp %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.log %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.exp %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @log features 3 {
  flow.layer @L "log" attributes {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = math.log %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.log1p %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.expm1 %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @log1p features 3 {
  flow.layer @L "log1p" attributes {lower = -1.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = math.log1p %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.expm1 %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.log1p %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @expm1 features 3 {
  flow.layer @L "expm1" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.expm1 %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.sqrt %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.square %{{.*}}
// CHECK: math.absf %arg0
// CHECK: math.log %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @sqrt features 3 {
  flow.layer @L "sqrt" attributes {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = math.sqrt %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.tanh %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.atanh %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @tanh features 3 {
  flow.layer @L "tanh" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.tanh %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.atanh %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.tanh %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @atanh features 3 {
  flow.layer @L "atanh" attributes {lower = -1.000000e+00 : f64, upper = 1.000000e+00 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = math.atanh %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.sigmoid %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.logit %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @sigmoid features 3 {
  flow.layer @L "sigmoid" {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.sigmoid %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.logit %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.sigmoid %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @logit features 3 {
  flow.layer @L "logit" attributes {lower = 0.000000e+00 : f64, upper = 1.000000e+00 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.logit %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.softplus_inverse %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @softplus features 3 {
  flow.layer @L "softplus" {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.softplus %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.softplus_inverse %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @softplus_inverse features 3 {
  flow.layer @L "softplus_inverse" attributes {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.softplus_inverse %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.sinh %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.asinh %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.softplus %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @sinh features 3 {
  flow.layer @L "sinh" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.sinh %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.asinh %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.sinh %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @asinh features 3 {
  flow.layer @L "asinh" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.asinh %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.atan %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.sin %{{.*}}
// CHECK: math.cos %{{.*}}
// CHECK: arith.divf %{{.*}}, %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: math.log1p %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @atan features 3 {
  flow.layer @L "atan" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.atan %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.absf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: return %{{.*}}, %{{.*}}
flow.model @abs features 3 {
  flow.layer @L "abs" attributes {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = math.absf %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.erf %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.normal_quantile %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @erf features 3 {
  flow.layer @L "erf" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.erf %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.normal_cdf %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.normal_quantile %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @normal_cdf features 3 {
  flow.layer @L "normal_cdf" {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.normal_cdf %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.normal_quantile %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.normal_cdf %{{.*}}
// CHECK: flow.square %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @normal_quantile features 3 {
  flow.layer @L "normal_quantile" attributes {lower = 0.000000e+00 : f64, upper = 1.000000e+00 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.normal_quantile %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.square %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.sqrt %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @square features 3 {
  flow.layer @L "square" attributes {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.square %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: flow.cube %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: math.cbrt %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.addf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @cube features 3 {
  flow.layer @L "cube" {
  ^bb0(%x: tensor<3xf64>):
    %y = flow.cube %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// CHECK-LABEL: func.func @L.forward(
// CHECK: math.cbrt %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.cube %{{.*}}
// CHECK: math.absf %{{.*}}
// CHECK: math.log %{{.*}}
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK: arith.subf %{{.*}}, %{{.*}}
// CHECK: flow.sum %{{.*}}
// CHECK: arith.negf %{{.*}}
// CHECK: return %{{.*}}, %{{.*}}
flow.model @cbrt features 3 {
  flow.layer @L "cbrt" {
  ^bb0(%x: tensor<3xf64>):
    %y = math.cbrt %x : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}
