// RUN: flow-opt %s --split-input-file --verify-diagnostics

// The messages of the tile dialect's verifiers that tests/targets/lit/tile-errors.mlir does not show.

func.func @no_output(%x: memref<2x64xf32>) {
  // expected-error @below {{has no output}}
  "tile.map"(%x) <{rows = 2 : i64, input_rows = [array<i64>], output_rows = [], output_kinds = array<i32>,
                   operandSegmentSizes = array<i32: 1, 0>}> ({
  ^bb0(%e: f32):
    tile.yield
  }) : (memref<2x64xf32>) -> ()
  return
}

// -----

func.func @negative_rows(%x: memref<2x64xf32>) {
  // expected-error @below {{has -1 rows}}
  tile.map rows -1 ins() outs(%x : memref<2x64xf32>)
      attributes {input_rows = [], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
    %c = arith.constant 1.0 : f32
    tile.yield %c : f32
  }
  return
}

// -----

func.func @input_row_lists(%x: memref<2x64xf32>) {
  // expected-error @below {{has 2 input row lists for 1 inputs}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>, array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @output_row_lists(%x: memref<2x64xf32>) {
  // expected-error @below {{has 0 output row lists for 1 outputs}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @output_kinds(%x: memref<2x64xf32>) {
  // expected-error @below {{has 2 output kinds for 1 outputs}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0, 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @row_list_type(%x: memref<2x64xf32>) {
  // expected-error @below {{row list of input #0 is 7 : i64; expected array<i64: ...>}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [7], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @negative_row(%x: memref<2x64xf32>) {
  // expected-error @below {{row list of input #0 names row -1; the buffer has 2}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64: 0, -1>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @map_rank(%x: memref<2x64x1xf32>, %y: memref<2x64xf32>) {
  // expected-error @below {{input #0 has rank 3; expected 1 (uniform) or 2 (varying: rows, samples)}}
  tile.map rows 2 ins(%x : memref<2x64x1xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

// All rows are summed into row 0: two rows go into a buffer of one, and none into a buffer of none.
func.func @sum_rows(%x: memref<2x64xf32>, %y: memref<1x64xf32>, %z: memref<0x64xf32>) {
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<1x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 2>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  // expected-error @below {{output #0 has no row; `sum_rows` writes row 0}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%z : memref<0x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 2>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @sum_samples_into_varying(%x: memref<2x64xf32>) {
  // expected-error @below {{output #0 of kind `sum_samples` is varying; expected uniform (rank 1)}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @no_samples(%x: memref<2xf32>) {
  // expected-error @below {{sums over samples but has no varying buffer}}
  tile.map rows 2 ins(%x : memref<2xf32>) outs(%x : memref<2xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 3>} {
  ^bb0(%e: f32):
    tile.yield %e : f32
  }
  return
}

// -----

func.func @open_body(%x: memref<2x64xf32>) {
  // expected-error @below {{body does not end in `tile.yield`}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    %f = arith.negf %e : f32
  }
  return
}

// -----

func.func @yield_type(%x: memref<2x64xf32>) {
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%e: f32):
    %f = arith.extf %e : f32 to f64
    // expected-error @below {{has a value of type 'f64'; expected 'f32'}}
    tile.yield %f : f64
  }
  return
}

// -----

func.func @gemm_rank(%a: memref<4xf32>, %b: memref<4x64xf32>) {
  // expected-error @below {{a has rank 1; expected 2}}
  tile.gemm a(%a : memref<4xf32>) b(%b : memref<4x64xf32>) c(%b : memref<4x64xf32>)
  return
}

// -----

func.func @gemm_rows(%a: memref<4x4xf32>, %b: memref<4x64xf32>, %c: memref<5x64xf32>) {
  // expected-error @below {{the number of rows of c is 5; that of a is 4}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%c : memref<5x64xf32>)
  return
}

// -----

func.func @gemm_columns(%a: memref<4x4xf32>, %b: memref<4x64xf32>, %c: memref<4x32xf32>) {
  // expected-error @below {{the number of columns of c is 32; that of b is 64}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%c : memref<4x32xf32>)
  return
}

// -----

func.func @gemm_stride(%a: memref<4x4xf32>, %b: memref<4x64xf32>, %c: memref<4x64xf32, strided<[128, 2]>>) {
  // expected-error @below {{c has stride 2 in its last dimension; expected 1}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%c : memref<4x64xf32, strided<[128, 2]>>)
  return
}

// -----

func.func @bias_rank(%a: memref<4x4xf32>, %b: memref<4x64xf32>) {
  // expected-error @below {{bias has rank 2; expected 1}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%b : memref<4x64xf32>) bias(%b : memref<4x64xf32>)
  return
}

// -----

func.func @bias_type(%a: memref<4x4xf32>, %b: memref<4x64xf32>, %c: memref<4xf64>) {
  // expected-error @below {{bias has elements of type 'f64'; the others have 'f32'}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%b : memref<4x64xf32>) bias(%c : memref<4xf64>)
  return
}

// -----

func.func @epilogue(%a: memref<4x4xf32>, %b: memref<4x64xf32>) {
  // expected-error @below {{body takes ('f32', 'f32'); expected ('f32')}}
  tile.gemm a(%a : memref<4x4xf32>) b(%b : memref<4x64xf32>) c(%b : memref<4x64xf32>) {
  ^bb0(%v: f32, %w: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @transpose_samples(%x: memref<5x64xf32>, %y: memref<32x16xf32>) {
  // expected-error @below {{the number of rows of output is 32; the number of columns of input is 64}}
  tile.transpose %x to %y : memref<5x64xf32> to memref<32x16xf32>
  return
}

// -----

func.func @fill_rank(%x: memref<5x64x2xf32>) {
  // expected-error @below {{output has rank 3; expected 1 or 2}}
  tile.fill %x with 0.0 : memref<5x64x2xf32>
  return
}

// -----

func.func @fill_stride(%x: memref<5x64xf32, strided<[128, 2]>>) {
  // expected-error @below {{output has stride 2 in its last dimension; expected 1}}
  tile.fill %x with 0.0 : memref<5x64xf32, strided<[128, 2]>>
  return
}
