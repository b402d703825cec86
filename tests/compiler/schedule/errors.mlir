// RUN: flow-opt %s --flow-schedule="tile=16 dtype=f32" --split-input-file --verify-diagnostics

// What a kernel over a tile of samples cannot do.

// A matrix for every sample is not held in memory, so that it can be used for nothing but a gradient.
flow.model @m features 4 attributes {staged = 0 : i64} {
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    // expected-error @below {{a matrix that depends on the sample can only be accumulated}}
    %m = flow.outer %x, %x : tensor<4xf64>, tensor<4xf64> -> tensor<4x4xf64>
    %y = flow.matvec %m, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}

// -----

// One that an element-wise op makes of a scalar of the sample is no better.
flow.model @m features 4 attributes {staged = 16 : i64} {
  flow.staged @w : tensor<4x4xf64> at 0
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    %d = flow.sum %x : tensor<4xf64> -> tensor<f64>
    %w = flow.read @w : tensor<4x4xf64>
    %s = flow.splat %d : tensor<f64> -> tensor<4x4xf64>
    %m = arith.mulf %w, %s : tensor<4x4xf64>
    // expected-error @below {{the matrix of a product must not depend on the sample}}
    %y = flow.matvec %m, %x : tensor<4x4xf64>, tensor<4xf64> -> tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}

// -----

// What is of the layers has no place in a kernel.
flow.model @m features 4 attributes {staged = 0 : i64} {
  func.func @to_latent(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    // expected-error @below {{cannot be scheduled}}
    %y, %deviation = flow.probe %x : tensor<4xf64>
    return %y, %z : tensor<4xf64>, tensor<f64>
  }

  // The other kernels, which a model must have.
  func.func @stage() {
    return
  }
  func.func @stage_adjoint() {
    return
  }
  func.func @to_data(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @log_prob(%x: tensor<4xf64>) -> tensor<f64> {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %z : tensor<f64>
  }
  func.func @sample(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
    %z = arith.constant dense<0.0> : tensor<f64>
    return %x, %z : tensor<4xf64>, tensor<f64>
  }
  func.func @gradient(%x: tensor<4xf64>, %w: tensor<f64>) -> tensor<f64> {
    return %w : tensor<f64>
  }
  func.func @probe(%x: tensor<4xf64>) -> tensor<0xf64> {
    %z = arith.constant dense<0.0> : tensor<0xf64>
    return %z : tensor<0xf64>
  }
  func.func @start(%mean: tensor<0xf64>, %deviation: tensor<0xf64>) {
    return
  }
}
