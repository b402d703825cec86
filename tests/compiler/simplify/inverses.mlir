// RUN: flow-opt %s --flow-simplify | FileCheck %s

// f(g(x)) = x where g is the inverse of f, for every pair of the scalar table. (log of exp: logs.mlir.)

// CHECK-LABEL: func.func @exp_of_log(
// CHECK-NEXT: return %arg0
func.func @exp_of_log(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.log %x : tensor<3xf64>
  %r = math.exp %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @log1p_of_expm1(
// CHECK-NEXT: return %arg0
func.func @log1p_of_expm1(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.expm1 %x : tensor<3xf64>
  %r = math.log1p %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @expm1_of_log1p(
// CHECK-NEXT: return %arg0
func.func @expm1_of_log1p(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.log1p %x : tensor<3xf64>
  %r = math.expm1 %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @tanh_of_atanh(
// CHECK-NEXT: return %arg0
func.func @tanh_of_atanh(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.atanh %x : tensor<3xf64>
  %r = math.tanh %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @atanh_of_tanh(
// CHECK-NEXT: return %arg0
func.func @atanh_of_tanh(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.tanh %x : tensor<3xf64>
  %r = math.atanh %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @sigmoid_of_logit(
// CHECK-NEXT: return %arg0
func.func @sigmoid_of_logit(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.logit %x : tensor<3xf64>
  %r = flow.sigmoid %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @logit_of_sigmoid(
// CHECK-NEXT: return %arg0
func.func @logit_of_sigmoid(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.sigmoid %x : tensor<3xf64>
  %r = flow.logit %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @softplus_of_softplus_inverse(
// CHECK-NEXT: return %arg0
func.func @softplus_of_softplus_inverse(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.softplus_inverse %x : tensor<3xf64>
  %r = flow.softplus %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @softplus_inverse_of_softplus(
// CHECK-NEXT: return %arg0
func.func @softplus_inverse_of_softplus(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.softplus %x : tensor<3xf64>
  %r = flow.softplus_inverse %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @sinh_of_asinh(
// CHECK-NEXT: return %arg0
func.func @sinh_of_asinh(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.asinh %x : tensor<3xf64>
  %r = math.sinh %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @asinh_of_sinh(
// CHECK-NEXT: return %arg0
func.func @asinh_of_sinh(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.sinh %x : tensor<3xf64>
  %r = math.asinh %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @normal_cdf_of_normal_quantile(
// CHECK-NEXT: return %arg0
func.func @normal_cdf_of_normal_quantile(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.normal_quantile %x : tensor<3xf64>
  %r = flow.normal_cdf %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @normal_quantile_of_normal_cdf(
// CHECK-NEXT: return %arg0
func.func @normal_quantile_of_normal_cdf(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.normal_cdf %x : tensor<3xf64>
  %r = flow.normal_quantile %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @cube_of_cbrt(
// CHECK-NEXT: return %arg0
func.func @cube_of_cbrt(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.cbrt %x : tensor<3xf64>
  %r = flow.cube %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// CHECK-LABEL: func.func @cbrt_of_cube(
// CHECK-NEXT: return %arg0
func.func @cbrt_of_cube(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.cube %x : tensor<3xf64>
  %r = math.cbrt %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// sqrt(x^2) is |x|, not x.
// CHECK-LABEL: func.func @sqrt_of_square(
// CHECK-NEXT: %[[R:.*]] = math.absf %arg0
// CHECK-NEXT: return %[[R]]
func.func @sqrt_of_square(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = flow.square %x : tensor<3xf64>
  %r = math.sqrt %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// No function undoes itself,
// CHECK-LABEL: func.func @exp_of_exp(
// CHECK-NEXT: %[[Y:.*]] = math.exp %arg0
// CHECK-NEXT: %[[R:.*]] = math.exp %[[Y]]
// CHECK-NEXT: return %[[R]]
func.func @exp_of_exp(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.exp %x : tensor<3xf64>
  %r = math.exp %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// nor one that is no inverse,
// CHECK-LABEL: func.func @sin_of_cos(
// CHECK-NEXT: %[[Y:.*]] = math.cos %arg0
// CHECK-NEXT: %[[R:.*]] = math.sin %[[Y]]
// CHECK-NEXT: return %[[R]]
func.func @sin_of_cos(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.cos %x : tensor<3xf64>
  %r = math.sin %y : tensor<3xf64>
  return %r : tensor<3xf64>
}

// nor the inverse of a neighbour.
// CHECK-LABEL: func.func @exp_of_log1p(
// CHECK-NEXT: %[[Y:.*]] = math.log1p %arg0
// CHECK-NEXT: %[[R:.*]] = math.exp %[[Y]]
// CHECK-NEXT: return %[[R]]
func.func @exp_of_log1p(%x: tensor<3xf64>) -> tensor<3xf64> {
  %y = math.log1p %x : tensor<3xf64>
  %r = math.exp %y : tensor<3xf64>
  return %r : tensor<3xf64>
}
