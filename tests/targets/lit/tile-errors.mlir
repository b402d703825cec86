// RUN: tile-opt --verify-diagnostics --split-input-file %s

func.func @rows(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{input #0 has 2 rows; the map has 3}}
  tile.map rows 3 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64: 0, 1, 0>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @row_list(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{row list of output #0 names row 2; the buffer has 2}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64: 0, 2>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @row_list_size(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{row list of input #0 has 1 entries; expected 2}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64: 1>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @kind(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{has an output kind 4; expected 0 (store), 1 (add), 2 (sum_rows) or 3 (sum_samples)}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 4>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @row_written_twice(%x: memref<2x64xf32>) {
  // expected-error @+1 {{row list of output #0 names row 1 twice}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%x : memref<2x64xf32>)
      attributes {input_rows = [array<i64: 1, 1>], output_rows = [array<i64: 1, 1>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @uniform_output(%x: memref<2x64xf32>, %y: memref<2xf32>, %z: memref<2x64xf32>) {
  // expected-error @+1 {{output #0 of kind `store` is uniform; expected varying (rank 2)}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y, %z : memref<2xf32>, memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>, array<i64>], output_kinds = array<i32: 0, 0>} {
  ^bb0(%v: f32):
    tile.yield %v, %v : f32, f32
  }
  return
}

// -----

func.func @varying_input(%x: memref<2x64xf32>, %y: memref<2xf32>) {
  // expected-error @+1 {{writes uniform buffers alone but reads a varying one; sum over the samples}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @samples(%x: memref<2x64xf32>, %y: memref<2x32xf32>) {
  // expected-error @+1 {{has buffers of 64 and of 32 samples}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x32xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @inner_stride(%x: memref<2x64xf32, strided<[128, 2]>>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{input #0 has stride 2 in its last dimension; expected 1}}
  tile.map rows 2 ins(%x : memref<2x64xf32, strided<[128, 2]>>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @dynamic(%x: memref<?x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{expected static sizes and strides}}
  tile.map rows 2 ins(%x : memref<?x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @yield(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    // expected-error @+1 {{has 2 values; expected 1}}
    tile.yield %v, %v : f32, f32
  }
  return
}

// -----

func.func @body(%x: memref<2x64xf32>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{body takes ('f64'); expected ('f32')}}
  tile.map rows 2 ins(%x : memref<2x64xf32>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f64):
    %r = arith.truncf %v : f64 to f32
    tile.yield %r : f32
  }
  return
}

// -----

func.func @mixed(%x: memref<2x64xf64>, %y: memref<2x64xf32>) {
  // expected-error @+1 {{input #0 has elements of type 'f64'; the others have 'f32'}}
  tile.map rows 2 ins(%x : memref<2x64xf64>) outs(%y : memref<2x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    tile.yield %v : f32
  }
  return
}

// -----

func.func @inner(%a: memref<4x5xf32>, %b: memref<6x64xf32>, %c: memref<4x64xf32>) {
  // expected-error @+1 {{the number of columns of a is 5; the number of rows of b is 6}}
  tile.gemm a(%a : memref<4x5xf32>) b(%b : memref<6x64xf32>) c(%c : memref<4x64xf32>)
  return
}

// -----

func.func @bias(%a: memref<4x6xf32>, %b: memref<6x64xf32>, %c: memref<4x64xf32>, %v: memref<5xf32>) {
  // expected-error @+1 {{the size of bias is 5; the number of rows of c is 4}}
  tile.gemm a(%a : memref<4x6xf32>) b(%b : memref<6x64xf32>) c(%c : memref<4x64xf32>) bias(%v : memref<5xf32>)
  return
}

// -----

func.func @strided_b(%a: memref<4x6xf32>, %b: memref<6x64xf32, strided<[1, 6]>>, %c: memref<4x64xf32>) {
  // expected-error @+1 {{b has stride 6 in its last dimension; expected 1}}
  tile.gemm a(%a : memref<4x6xf32>) b(%b : memref<6x64xf32, strided<[1, 6]>>) c(%c : memref<4x64xf32>)
  return
}

// -----

func.func @transpose(%x: memref<5x64xf32>, %y: memref<64x4xf32>) {
  // expected-error @+1 {{output has 4 columns; input has 5 rows}}
  tile.transpose %x to %y : memref<5x64xf32> to memref<64x4xf32>
  return
}

// -----

func.func @fill(%x: memref<5xi32>) {
  // expected-error @+1 {{output has elements of type 'i32'; expected f32 or f64}}
  tile.fill %x with 0.0 : memref<5xi32>
  return
}

// -----

func.func @solve_square(%a: memref<3x2xf32>, %y: memref<3x64xf32>, %x: memref<3x64xf32>) {
  // expected-error @+1 {{the number of columns of a is 2; that of its rows is 3}}
  tile.solve a(%a : memref<3x2xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x64xf32>)
  return
}

// -----

func.func @repeat(%x: memref<5x64xf32>, %y: memref<4x64xf32>) {
  // expected-error @+1 {{the number of rows of next is 4; that of current is 5}}
  tile.repeat %x to %y rounds 3 : memref<5x64xf32>, memref<4x64xf32> {
  }
  return
}

// -----

func.func @solve_diagonal(%a: memref<3x3xf32>, %d: memref<2xf32>, %y: memref<3x64xf32>, %x: memref<3x64xf32>) {
  // expected-error @+1 {{the size of diagonal is 2; the number of rows of a is 3}}
  tile.solve a(%a : memref<3x3xf32>) diagonal(%d : memref<2xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x64xf32>)
  return
}

// -----

func.func @solve_samples(%a: memref<3x3xf32>, %y: memref<3x64xf32>, %x: memref<3x32xf32>) {
  // expected-error @+1 {{the number of columns of x is 32; that of y is 64}}
  tile.solve a(%a : memref<3x3xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x32xf32>)
  return
}

// -----

func.func @repeat(%x: memref<5x64xf32>, %y: memref<5x64xf32>) {
  // expected-error @+1 {{has 0 rounds; expected at least 1}}
  tile.repeat %x to %y rounds 0 : memref<5x64xf32>, memref<5x64xf32> {
  }
  return
}

// -----

func.func @eliminate_square(%m: memref<8x64xf32>) {
  // expected-error @below {{the number of rows of matrix is 8; the square of the number nearest to its root is 9}}
  tile.eliminate %m : memref<8x64xf32>
  return
}

// -----

func.func @substitute_samples(%m: memref<9x64xf32>, %x: memref<6x32xf32>) {
  // expected-error @below {{the number of columns of x is 32; that of triangles is 64}}
  tile.substitute %m, %x columns 2 : memref<9x64xf32>, memref<6x32xf32>
  return
}

// -----

func.func @substitute_columns(%m: memref<9x64xf32>, %x: memref<6x64xf32>) {
  // expected-error @below {{the number of rows of x is 6; columns times the size of the matrix is 9}}
  tile.substitute %m, %x columns 3 : memref<9x64xf32>, memref<6x64xf32>
  return
}
