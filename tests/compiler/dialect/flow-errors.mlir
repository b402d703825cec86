// RUN: flow-opt %s --split-input-file --verify-diagnostics

// Every message of the flow dialect's verifiers.

flow.model @m features 2 {
  // expected-error @below {{takes one vector, the layer's input}}
  flow.layer @L "no_input" {
    %c = arith.constant dense<1.0> : tensor<2xf64>
    flow.return %c : tensor<2xf64>
  }
}

// -----

flow.model @m features 2 {
  // expected-error @below {{takes one vector, the layer's input}}
  flow.layer @L "two_inputs" {
  ^bb0(%x: tensor<2xf64>, %y: tensor<2xf64>):
    flow.return %x : tensor<2xf64>
  }
}

// -----

flow.model @m features 2 {
  // expected-error @below {{takes one vector, the layer's input}}
  flow.layer @L "one_number" {
  ^bb0(%x: f64):
    %c = arith.constant dense<1.0> : tensor<2xf64>
    flow.return %c : tensor<2xf64>
  }
}

// -----

flow.model @m features 2 {
  // expected-error @below {{ends with flow.return}}
  flow.layer @L "open_end" {
  ^bb0(%x: tensor<2xf64>):
    %y = math.exp %x : tensor<2xf64>
  }
}

// -----

flow.model @m features 2 {
  // expected-error @below {{returns 'tensor<1xf64>', but its input is 'tensor<2xf64>'}}
  flow.layer @L "projection" {
  ^bb0(%x: tensor<2xf64>):
    %y = flow.extract %x [0] : tensor<2xf64> -> tensor<1xf64>
    flow.return %y : tensor<1xf64>
  }
}

// -----

func.func @f(%x: tensor<2xf64>) {
  // expected-error @below {{needs a matrix, but got 'tensor<2xf64>'}}
  flow.matvec %x, %x : tensor<2xf64>, tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @f(%a: tensor<3x2xf64>, %x: tensor<3xf64>) {
  // expected-error @below {{a 3 x 2 matrix takes columns of 2 elements to 3, but operand and result have 3 and 3}}
  flow.matvec %a, %x : tensor<3x2xf64>, tensor<3xf64> -> tensor<3xf64>
  return
}

// -----

func.func @f(%a: tensor<3x2xf64>, %x: tensor<2xf64>) {
  // expected-error @below {{a 3 x 2 matrix takes columns of 2 elements to 3, but operand and result have 2 and 2}}
  flow.matvec %a, %x : tensor<3x2xf64>, tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

// The transpose takes 3 elements to 2.
func.func @f(%a: tensor<3x2xf64>, %x: tensor<3xf64>, %y: tensor<2xf64>) {
  flow.matvec transposed %a, %x : tensor<3x2xf64>, tensor<3xf64> -> tensor<2xf64>
  // expected-error @below {{a 2 x 3 matrix takes columns of 3 elements to 2, but operand and result have 2 and 3}}
  flow.matvec transposed %a, %y : tensor<3x2xf64>, tensor<2xf64> -> tensor<3xf64>
  return
}

// -----

func.func @f(%x: tensor<3xf64>) {
  // expected-error @below {{has 2 indices for a result of 3}}
  flow.extract %x [0, 1] : tensor<3xf64> -> tensor<3xf64>
  return
}

// -----

func.func @f(%x: tensor<3xf64>) {
  // expected-error @below {{index 3 is not in 0 .. 2}}
  flow.extract %x [0, 3] : tensor<3xf64> -> tensor<2xf64>
  return
}

// -----

func.func @f(%x: tensor<3xf64>) {
  // expected-error @below {{index -1 is not in 0 .. 2}}
  flow.extract %x [-1] : tensor<3xf64> -> tensor<1xf64>
  return
}

// -----

func.func @f(%x: tensor<3xf64>) {
  // expected-error @below {{index 1 occurs twice}}
  flow.extract %x [1, 1] : tensor<3xf64> -> tensor<2xf64>
  return
}

// -----

func.func @f(%x: tensor<1xf64>) {
  // expected-error @below {{has 2 pieces and 1 index lists}}
  flow.merge(%x, %x) [array<i64: 0>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @f(%x: tensor<1xf64>) {
  // expected-error @below {{index list 1 is not an array of i64}}
  flow.merge(%x, %x) [array<i64: 0>, array<i32: 1>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @f(%x: tensor<1xf64>) {
  // expected-error @below {{piece 1 has 1 elements for 2 indices}}
  flow.merge(%x, %x) [array<i64: 0>, array<i64: 1, 2>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<3xf64>
  return
}

// -----

func.func @f(%x: tensor<1xf64>) {
  // expected-error @below {{index 2 is not in 0 .. 1}}
  flow.merge(%x) [array<i64: 2>] : (tensor<1xf64>) -> tensor<2xf64>
  return
}

// -----

// Two pieces at one place.
func.func @f(%x: tensor<1xf64>) {
  // expected-error @below {{index 0 occurs twice}}
  flow.merge(%x, %x) [array<i64: 0>, array<i64: 0>] : (tensor<1xf64>, tensor<1xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @f(%y: tensor<2xf64>, %t: tensor<1xf64>) {
  // expected-error @below {{body takes one argument of the target's type}}
  flow.root %y {lower = 0.0 : f64, upper = 1.0 : f64} : tensor<2xf64> {
  ^bb0(%u: tensor<1xf64>):
    flow.yield %y, %y : tensor<2xf64>, tensor<2xf64>
  }
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{body takes one argument of the target's type}}
  flow.root %y {lower = 0.0 : f64, upper = 1.0 : f64} : tensor<2xf64> {
    flow.yield %y, %y : tensor<2xf64>, tensor<2xf64>
  }
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{body yields the formula's value and derivative}}
  flow.root %y {lower = 0.0 : f64, upper = 1.0 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t : tensor<2xf64>
  }
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{lower end is not below the upper end}}
  flow.root %y {lower = 1.0 : f64, upper = 1.0 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t, %t : tensor<2xf64>, tensor<2xf64>
  }
  return
}

// -----

func.func @f(%a: tensor<3x2xf64>, %x: tensor<3xf64>) {
  // expected-error @below {{needs a square matrix that takes a vector of 3, but got 'tensor<3x2xf64>'}}
  flow.solve_triangular %a, %x : tensor<3x2xf64>, tensor<3xf64>
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{body takes one argument of the start's type}}
  flow.fixed_point %y {rate = 0.5 : f64} : tensor<2xf64> {
  ^bb0(%u: tensor<1xf64>):
    flow.yield %y : tensor<2xf64>
  }
  return
}

// -----

func.func @f(%a: tensor<3x3xf64>, %x: tensor<3xf64>, %d: tensor<2xf64>) {
  // expected-error @below {{has a diagonal of 2 elements for a vector of 3}}
  flow.solve_triangular %a, %x diagonal(%d : tensor<2xf64>) : tensor<3x3xf64>, tensor<3xf64>
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{body yields the next point, of the start's type}}
  flow.fixed_point %y {rate = 0.5 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t, %t : tensor<2xf64>, tensor<2xf64>
  }
  return
}

// -----

func.func @f(%y: tensor<2xf64>) {
  // expected-error @below {{rate 1.000000e+00 is not in [0, 1)}}
  flow.fixed_point %y {rate = 1.0 : f64} : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t : tensor<2xf64>
  }
  return
}

// -----

func.func @f(%a: tensor<3x2xf64>, %x: tensor<4xf64>) {
  // Two columns in, one out.
  // expected-error @below {{a 3 x 2 matrix takes columns of 2 elements to 3, but operand and result have 4 and 3}}
  flow.matvec %a, %x : tensor<3x2xf64>, tensor<4xf64> -> tensor<3xf64>
  return
}

// -----

func.func @f(%x: tensor<6xf64>, %y: tensor<4xf64>) {
  flow.outer %x, %y : tensor<6xf64>, tensor<4xf64> -> tensor<3x2xf64>
  // expected-error @below {{vectors of 4 and 6 elements have no product 'tensor<3x2xf64>'}}
  flow.outer %y, %x : tensor<4xf64>, tensor<6xf64> -> tensor<3x2xf64>
  return
}

// -----

func.func @f(%a: tensor<3x3xf64>, %x: tensor<6xf64>, %y: tensor<7xf64>) {
  flow.solve_triangular %a, %x diagonal(%x : tensor<6xf64>) : tensor<3x3xf64>, tensor<6xf64>
  // expected-error @below {{needs a square matrix that takes a vector of 7, but got 'tensor<3x3xf64>'}}
  flow.solve_triangular %a, %y : tensor<3x3xf64>, tensor<7xf64>
  return
}

// -----

func.func @repeated(%x: tensor<2xf64>) {
  // expected-error @below {{a vector of 5 is no matrix of 2 rows}}
  %r = flow.repeat %x : tensor<2xf64> -> tensor<5xf64>
  return
}

// -----

func.func @summed(%x: tensor<5xf64>) {
  // expected-error @below {{a vector of 5 is no matrix of 2 rows}}
  %r = flow.sum_rows %x : tensor<5xf64> -> tensor<2xf64>
  return
}

// -----

func.func @not_square(%m: tensor<8xf64>) {
  // expected-error @below {{a vector of 8 is no square matrix}}
  %d = flow.log_det %m : tensor<8xf64> -> tensor<f64>
  return
}

// -----

func.func @no_number(%m: tensor<9xf64>) {
  // expected-error @below {{is a number, not 'tensor<1xf64>'}}
  %d = flow.log_det %m : tensor<9xf64> -> tensor<1xf64>
  return
}

// -----

func.func @other_size(%m: tensor<9xf64>, %y: tensor<4xf64>) {
  // expected-error @below {{a 3 x 3 matrix takes nothing to a vector of 4}}
  %x = flow.solve %m, %y : tensor<9xf64>, tensor<4xf64>
  return
}

// -----

func.func @norm_of_vector(%v: tensor<4xf64>) {
  // expected-error @below {{needs a matrix, but got 'tensor<4xf64>'}}
  %n = flow.spectral_norm %v {least = 0.9 : f64} : tensor<4xf64> -> tensor<f64>
  return
}

// -----

func.func @no_least(%w: tensor<4x2xf64>) {
  // expected-error @below {{needs a least result above 0}}
  %n = flow.spectral_norm %w {least = 0.0 : f64} : tensor<4x2xf64> -> tensor<f64>
  return
}

// -----

func.func @f(%v: tensor<2xf64>, %u: tensor<1xf64>) {
  // expected-error @below {{takes one random number, and gives a number and a vector like the probe}}
  flow.log_det_series %v, %u least 2 keep 0.5 : tensor<2xf64>, tensor<1xf64> -> tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t : tensor<2xf64>
  }
  return
}

// -----

func.func @f(%v: tensor<2xf64>, %u: tensor<1xf64>) {
  // expected-error @below {{takes at least 1 term, and each further one with a probability below 1}}
  flow.log_det_series %v, %u least 0 keep 0.5 : tensor<2xf64>, tensor<1xf64> -> tensor<3xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t : tensor<2xf64>
  }
  return
}

// -----

func.func @f(%v: tensor<2xf64>) {
  // expected-error @below {{a negative number of rounds}}
  flow.iterate %v rounds -1 : tensor<2xf64> {
  ^bb0(%t: tensor<2xf64>):
    flow.yield %t : tensor<2xf64>
  }
  return
}
