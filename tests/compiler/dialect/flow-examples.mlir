// RUN: flow-opt %s | flow-opt | FileCheck %s

// Every op of the dialect is read and printed: the examples of FlowOps.td.

// CHECK-LABEL: flow.model @moons features 2
flow.model @moons features 2 {
  // CHECK: flow.parameter @"0.scale.log_scale" : tensor<2xf64> {init = {kind = "constant", value = 0.000000e+00 : f64}}
  flow.parameter @"0.scale.log_scale" : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  // CHECK: flow.layer @"0.scale" "scale" {
  flow.layer @"0.scale" "scale" {
  ^bb0(%x: tensor<2xf64>):
    %s = flow.read @"0.scale.log_scale" : tensor<2xf64>
    %e = math.exp %s : tensor<2xf64>
    %y = arith.mulf %x, %e : tensor<2xf64>
    flow.return %y : tensor<2xf64>
  }
}

// CHECK-LABEL: flow.model @structure
flow.model @structure features 2 {
  // CHECK: flow.parameter @weight : tensor<4x2xf64>
  flow.parameter @weight : tensor<4x2xf64> {init = {kind = "uniform", low = -0.5, high = 0.5}}
  flow.parameter @log_scale : tensor<2xf64> {init = {kind = "constant", value = 0.0}}
  flow.parameter @square : tensor<2x2xf64> {init = {kind = "constant", value = 0.0}}
  flow.layer @"0.scale" "scale" {
  ^bb0(%x: tensor<2xf64>):
    // CHECK: %{{.*}}, %{{.*}} = flow.probe %{{.*}} : tensor<2xf64>
    %mean, %deviation = flow.probe %x : tensor<2xf64>
    %s = math.log %deviation : tensor<2xf64>
    %t = arith.negf %s : tensor<2xf64>
    // CHECK: flow.assume "a > 0", %{{.*}} {high = 0x7FF0000000000000 : f64, high_open = true, low = 0.000000e+00 : f64, low_open = true} : tensor<2xf64>
    flow.assume "a > 0", %t {low = 0.0 : f64, high = 0x7FF0000000000000 : f64, low_open = true, high_open = true} : tensor<2xf64>
    // CHECK: flow.start @log_scale, %{{.*}} : tensor<2xf64>
    flow.start @log_scale, %t : tensor<2xf64>
    flow.return %x : tensor<2xf64>
  }
  // CHECK: flow.layer @"1.exp" "exp" attributes {generative} {
  flow.layer @"1.exp" "exp" attributes {generative} {
  ^bb0(%z: tensor<2xf64>):
    %x = math.exp %z : tensor<2xf64>
    // CHECK: flow.return %{{.*}} : tensor<2xf64>
    flow.return %x : tensor<2xf64>
  }
  // CHECK: flow.staged @staged.0 : tensor<2xf64> at 0
  flow.staged @staged.0 : tensor<2xf64> at 0
  // CHECK: flow.staged @staged.1 : tensor<2xf64> at 16 fixed
  flow.staged @staged.1 : tensor<2xf64> at 16 fixed
  func.func @stage() {
    %s = flow.read @log_scale : tensor<2xf64>
    %e = math.exp %s : tensor<2xf64>
    // CHECK: flow.store @staged.0, %{{.*}} : tensor<2xf64>
    flow.store @staged.0, %e : tensor<2xf64>
    return
  }
  func.func @stage_adjoint() {
    // CHECK: flow.adjoint @staged.0 : tensor<2xf64>
    %g = flow.adjoint @staged.0 : tensor<2xf64>
    // CHECK: flow.accumulate @staged.0, %{{.*}} : tensor<2xf64>
    flow.accumulate @staged.0, %g : tensor<2xf64>
    return
  }
  // CHECK-LABEL: func.func @vectors
  func.func @vectors(%x: tensor<2xf64>, %a: tensor<1xf64>) {
    // CHECK: flow.read @weight : tensor<4x2xf64>
    %w = flow.read @weight : tensor<4x2xf64>
    // CHECK: flow.matvec %{{.*}}, %{{.*}} : tensor<4x2xf64>, tensor<2xf64> -> tensor<4xf64>
    %h = flow.matvec %w, %x : tensor<4x2xf64>, tensor<2xf64> -> tensor<4xf64>
    // CHECK: flow.matvec transposed
    %g = flow.matvec transposed %w, %h : tensor<4x2xf64>, tensor<4xf64> -> tensor<2xf64>
    %l = flow.read @square : tensor<2x2xf64>
    // CHECK: flow.solve_triangular %{{.*}}, %{{.*}} : tensor<2x2xf64>, tensor<2xf64>
    %s = flow.solve_triangular %l, %x : tensor<2x2xf64>, tensor<2xf64>
    // CHECK: flow.solve_triangular upper transposed %{{.*}}, %{{.*}} diagonal(%{{.*}} : tensor<2xf64>) : tensor<2x2xf64>, tensor<2xf64>
    %t = flow.solve_triangular upper transposed %l, %x diagonal(%g : tensor<2xf64>) : tensor<2x2xf64>, tensor<2xf64>
    // CHECK: flow.outer
    %p = flow.outer %h, %x : tensor<4xf64>, tensor<2xf64> -> tensor<4x2xf64>
    // CHECK: flow.extract %{{.*}} [1] : tensor<2xf64> -> tensor<1xf64>
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    // CHECK: flow.merge(%{{.*}}, %{{.*}}) [array<i64: 1>, array<i64: 0>]
    %y = flow.merge(%b, %a) [array<i64: 1>, array<i64: 0>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    // CHECK: flow.sum %{{.*}} : tensor<2xf64> -> tensor<f64>
    %d = flow.sum %x : tensor<2xf64> -> tensor<f64>
    // CHECK: flow.splat %{{.*}} : tensor<f64> -> tensor<2xf64>
    %r = flow.splat %d : tensor<f64> -> tensor<2xf64>
    // CHECK: flow.constrained %{{.*}} {high = 1.000000e+00 : f64, high_open = true, low = 0.000000e+00 : f64, low_open = true}
    %c = flow.constrained %x {low = 0.0 : f64, high = 1.0 : f64, low_open = true, high_open = true} : tensor<2xf64>
    // CHECK: flow.detach
    %k = flow.detach %x : tensor<2xf64>
    return
  }
}

// CHECK-LABEL: func.func @matrices
func.func @matrices(%x: tensor<2xf64>, %y: tensor<3xf64>, %m: tensor<9xf64>, %w: tensor<4x2xf64>) {
  // CHECK: flow.repeat %{{.*}} : tensor<2xf64> -> tensor<6xf64>
  %r = flow.repeat %x : tensor<2xf64> -> tensor<6xf64>
  // CHECK: flow.sum_rows %{{.*}} : tensor<6xf64> -> tensor<2xf64>
  %s = flow.sum_rows %r : tensor<6xf64> -> tensor<2xf64>
  // CHECK: flow.log_det %{{.*}} : tensor<9xf64> -> tensor<f64>
  %d = flow.log_det %m : tensor<9xf64> -> tensor<f64>
  // CHECK: flow.solve %{{.*}}, %{{.*}} : tensor<9xf64>, tensor<3xf64>
  %z = flow.solve %m, %y : tensor<9xf64>, tensor<3xf64>
  // CHECK: flow.solve transposed
  %t = flow.solve transposed %m, %y : tensor<9xf64>, tensor<3xf64>
  // CHECK: flow.eliminate %{{.*}} : tensor<9xf64>
  %lu = flow.eliminate %m : tensor<9xf64>
  // CHECK: flow.substitute %{{.*}}, %{{.*}} : tensor<9xf64>, tensor<3xf64>
  %u = flow.substitute %lu, %y : tensor<9xf64>, tensor<3xf64>
  // CHECK: flow.spectral_norm %{{.*}} {least = 9.000000e-01 : f64} : tensor<4x2xf64> -> tensor<f64>
  %n = flow.spectral_norm %w {least = 0.9 : f64} : tensor<4x2xf64> -> tensor<f64>
  // CHECK: flow.norm_bounded spectral %{{.*}} {bound = 9.000000e-01 : f64} : tensor<4x2xf64>
  %b = flow.norm_bounded spectral %w {bound = 0.9 : f64} : tensor<4x2xf64>
  return
}

// CHECK-LABEL: func.func @root
func.func @root(%y: tensor<2xf64>) -> tensor<2xf64> {
  // CHECK: flow.root %{{.*}} {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} : tensor<2xf64> {
  // x + x^3 = y on (0, inf)
  %r = flow.root %y {lower = 0.0 : f64, upper = 0x7FF0000000000000 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    %t3 = flow.cube %t : tensor<2xf64>
    %f = arith.addf %t, %t3 : tensor<2xf64>
    %t2 = flow.square %t : tensor<2xf64>
    %three = arith.constant dense<3.0> : tensor<2xf64>
    %d3 = arith.mulf %t2, %three : tensor<2xf64>
    %one = arith.constant dense<1.0> : tensor<2xf64>
    %df = arith.addf %d3, %one : tensor<2xf64>
    // CHECK: flow.yield %{{.*}}, %{{.*}} : tensor<2xf64>, tensor<2xf64>
    flow.yield %f, %df : tensor<2xf64>, tensor<2xf64>
  }
  return %r : tensor<2xf64>
}

// CHECK-LABEL: func.func @functions
func.func @functions(%x: tensor<2xf64>) {
  // CHECK: flow.sigmoid
  %0 = flow.sigmoid %x : tensor<2xf64>
  // CHECK: flow.logit
  %1 = flow.logit %x : tensor<2xf64>
  // CHECK: flow.softplus
  %2 = flow.softplus %x : tensor<2xf64>
  // CHECK: flow.softplus_inverse
  %3 = flow.softplus_inverse %x : tensor<2xf64>
  // CHECK: flow.normal_cdf
  %4 = flow.normal_cdf %x : tensor<2xf64>
  // CHECK: flow.normal_quantile
  %5 = flow.normal_quantile %x : tensor<2xf64>
  // CHECK: flow.square
  %6 = flow.square %x : tensor<2xf64>
  // CHECK: flow.cube
  %7 = flow.cube %x : tensor<2xf64>
  return
}

// CHECK-LABEL: func.func @fixed_point
func.func @fixed_point(%y: tensor<2xf64>, %v: tensor<4x2xf64>) {
  // CHECK: flow.norm_bounded %{{.*}} {bound = 9.000000e-01 : f64} : tensor<4x2xf64>
  %w = flow.norm_bounded %v {bound = 0.9 : f64} : tensor<4x2xf64>
  // CHECK: flow.fixed_point %{{.*}} {rate = 5.000000e-01 : f64} : tensor<2xf64> {
  %x = flow.fixed_point %y {rate = 0.5 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    %h = math.tanh %t : tensor<2xf64>
    %half = arith.constant dense<0.5> : tensor<2xf64>
    %g = arith.mulf %half, %h : tensor<2xf64>
    %next = arith.subf %y, %g : tensor<2xf64>
    // CHECK: flow.yield %{{.*}} : tensor<2xf64>
    flow.yield %next : tensor<2xf64>
  }
  return
}

// CHECK-LABEL: flow.model @estimated
flow.model @estimated features 3 {
  // CHECK: flow.estimate least 2 keep 5.000000e-01
  flow.estimate least 2 keep 5.000000e-01
}

// CHECK-LABEL: func.func @series
func.func @series(%slope: tensor<3xf64>, %v: tensor<3xf64>) {
  // CHECK: flow.noise : tensor<1xf64>
  %u = flow.noise : tensor<1xf64>
  // CHECK: flow.log_det_series %{{.*}}, %{{.*}} least 2 keep 5.000000e-01 : tensor<3xf64>, tensor<1xf64> -> tensor<4xf64> {
  %s = flow.log_det_series %v, %u least 2 keep 5.000000e-01 : tensor<3xf64>, tensor<1xf64> -> tensor<4xf64> {
  ^bb0(%t: tensor<3xf64>):
    %d = arith.mulf %slope, %t : tensor<3xf64>
    flow.yield %d : tensor<3xf64>
  }
  // CHECK: flow.iterate %{{.*}} rounds 12 : tensor<3xf64> {
  %x = flow.iterate %v rounds 12 : tensor<3xf64> {
  ^bb0(%t: tensor<3xf64>):
    %h = math.tanh %t : tensor<3xf64>
    flow.yield %h : tensor<3xf64>
  }
  return
}
