// RUN: tile-opt "--pass-pipeline=builtin.module(convert-tile-to-cuda,gpu.module(cuda-check-math))" --verify-diagnostics %s

// A function that nothing expands is named where it stands: a GPU has no library to call.
func.func @flow_f32_kernel(%x: memref<5x64xf32>, %ws: memref<16xf32>) {
  tile.map rows 5 ins(%x : memref<5x64xf32>) outs(%x : memref<5x64xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%a: f32):
    %s = math.sqrt %a : f32
    // expected-error @+1 {{`math.asin` cannot be computed on a GPU}}
    %e = math.asin %s : f32
    tile.yield %e : f32
  }
  return
}
