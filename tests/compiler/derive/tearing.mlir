// RUN: flow-opt %s --flow-derive-layers --flow-simplify --canonicalize --cse --split-input-file | FileCheck %s

// A planar map x + v tanh(w . x): all is coupled, through one number. The root is one of numbers; that w . v = softplus(w . u) - 1 > -1
// shows where its terms cancel, so that the root is unique and the logarithm of the lemma's factor needs no absolute value.

// CHECK: flow.layer @L "planar" attributes {levels = 2 : i64}
// CHECK-LABEL: func.func @L.forward(
// CHECK-NOT: flow.root
// CHECK: %[[SP:.*]] = flow.softplus
// CHECK: %[[WV:.*]] = arith.subf %[[SP]]
// CHECK-NOT: math.absf
// CHECK: %[[G:.*]] = arith.mulf %{{.*}}, %[[WV]]
// CHECK: %[[F:.*]] = arith.addf %[[G]]
// CHECK: %[[D:.*]] = math.log %[[F]]
// CHECK: return %{{.*}}, %[[D]]

// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.root %{{.*}} {lower = 0xFFF0000000000000 : f64, upper = 0x7FF0000000000000 : f64} : tensor<f64>
// CHECK-NOT: tensor<3xf64>
// CHECK: flow.yield
// CHECK: return
flow.model @planar features 3 {
  flow.parameter @u : tensor<3xf64> {init = {kind = "constant", value = 0.1}}
  flow.parameter @w : tensor<3xf64> {init = {kind = "constant", value = 0.1}}
  flow.layer @L "planar" {
  ^bb0(%x: tensor<3xf64>):
    %u = flow.read @u : tensor<3xf64>
    %w = flow.read @w : tensor<3xf64>
    %one = arith.constant dense<1.0> : tensor<f64>
    %m = arith.mulf %w, %u : tensor<3xf64>
    %wu = flow.sum %m : tensor<3xf64> -> tensor<f64>
    %sp = flow.softplus %wu : tensor<f64>
    %a = arith.subf %sp, %one : tensor<f64>
    %b = arith.subf %a, %wu : tensor<f64>
    %ww = arith.mulf %w, %w : tensor<3xf64>
    %n = flow.sum %ww : tensor<3xf64> -> tensor<f64>
    %k = arith.divf %b, %n : tensor<f64>
    %ks = flow.splat %k : tensor<f64> -> tensor<3xf64>
    %c = arith.mulf %ks, %w : tensor<3xf64>
    %v = arith.addf %u, %c : tensor<3xf64>
    %p = arith.mulf %w, %x : tensor<3xf64>
    %s = flow.sum %p : tensor<3xf64> -> tensor<f64>
    %t = math.tanh %s : tensor<f64>
    %ts = flow.splat %t : tensor<f64> -> tensor<3xf64>
    %vt = arith.mulf %v, %ts : tensor<3xf64>
    %y = arith.addf %x, %vt : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// A reflection: the equation is linear, so that there is no root, and the factor is -1.
// CHECK-LABEL: func.func @L.forward(
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<f64>
// CHECK: return %{{.*}}, %[[ZERO]]
// CHECK-LABEL: func.func @L.inverse(
// CHECK-NOT: flow.root
// CHECK: arith.negf
// CHECK-NOT: math.log
// CHECK: return
flow.model @householder features 3 {
  flow.parameter @v : tensor<3xf64> {init = {kind = "constant", value = 1.0}}
  flow.layer @L "householder" {
  ^bb0(%x: tensor<3xf64>):
    %v = flow.read @v : tensor<3xf64>
    %two = arith.constant dense<2.0> : tensor<f64>
    %p = arith.mulf %v, %x : tensor<3xf64>
    %s = flow.sum %p : tensor<3xf64> -> tensor<f64>
    %vv = arith.mulf %v, %v : tensor<3xf64>
    %n = flow.sum %vv : tensor<3xf64> -> tensor<f64>
    %d = arith.mulf %two, %s : tensor<f64>
    %k = arith.divf %d, %n : tensor<f64>
    %ks = flow.splat %k : tensor<f64> -> tensor<3xf64>
    %r = arith.mulf %v, %ks : tensor<3xf64>
    %y = arith.subf %x, %r : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// A radial map x (r + b) / (r + a): the distance solves t (t + b) / (t + a) = |y|, on t >= 0 only.
// CHECK-LABEL: func.func @L.inverse(
// CHECK: %[[Y:.*]] = math.sqrt
// CHECK: flow.root %[[Y]] {lower = 0.000000e+00 : f64, upper = 0x7FF0000000000000 : f64} : tensor<f64>
// CHECK-NOT: tensor<3xf64>
// CHECK: flow.yield
// CHECK-NOT: math.absf
// CHECK: return
flow.model @radial features 3 {
  flow.parameter @a : tensor<f64> {init = {kind = "constant", value = 1.0}}
  flow.parameter @b : tensor<f64> {init = {kind = "constant", value = 1.0}}
  flow.layer @L "radial" {
  ^bb0(%x: tensor<3xf64>):
    %ra = flow.read @a : tensor<f64>
    %rb = flow.read @b : tensor<f64>
    %a = flow.softplus %ra : tensor<f64>
    %b = flow.softplus %rb : tensor<f64>
    %xx = arith.mulf %x, %x : tensor<3xf64>
    %s = flow.sum %xx : tensor<3xf64> -> tensor<f64>
    %r = math.sqrt %s : tensor<f64>
    %n = arith.addf %r, %b : tensor<f64>
    %d = arith.addf %r, %a : tensor<f64>
    %q = arith.divf %n, %d : tensor<f64>
    %qs = flow.splat %q : tensor<f64> -> tensor<3xf64>
    %y = arith.mulf %x, %qs : tensor<3xf64>
    flow.return %y : tensor<3xf64>
  }
}

// -----

// With the number held the rest need not be one level: the second element needs the first.
// CHECK: flow.layer @L "levels" attributes {levels = 3 : i64}
// CHECK-LABEL: func.func @L.inverse(
// CHECK: flow.root
flow.model @levels features 2 {
  flow.layer @L "levels" {
  ^bb0(%x: tensor<2xf64>):
    %half = arith.constant dense<0.25> : tensor<f64>
    %s = flow.sum %x : tensor<2xf64> -> tensor<f64>
    %t = math.tanh %s : tensor<f64>
    %h = arith.mulf %half, %t : tensor<f64>
    %h1 = flow.splat %h : tensor<f64> -> tensor<1xf64>
    %a = flow.extract %x [0] : tensor<2xf64> -> tensor<1xf64>
    %b = flow.extract %x [1] : tensor<2xf64> -> tensor<1xf64>
    %a1 = arith.addf %a, %h1 : tensor<1xf64>
    %g = arith.addf %a, %a : tensor<1xf64>
    %b1 = arith.addf %b, %g : tensor<1xf64>
    %r = flow.merge(%a1, %b1) [array<i64: 0>, array<i64: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
    flow.return %r : tensor<2xf64>
  }
}
