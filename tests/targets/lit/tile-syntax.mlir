// RUN: tile-opt %s | tile-opt | FileCheck %s

// CHECK-LABEL: @map
func.func @map(%x: memref<4x64xf32>, %s: memref<2x64xf32>, %t: memref<2xf32>, %y: memref<4x64xf32>, %ld: memref<1x64xf32>) {
  // CHECK: tile.map rows 2 ins(%{{.*}}, %{{.*}}, %{{.*}} : memref<4x64xf32>, memref<2x64xf32>, memref<2xf32>)
  // CHECK-SAME: outs(%{{.*}}, %{{.*}} : memref<4x64xf32>, memref<1x64xf32>)
  tile.map rows 2 ins(%x, %s, %t : memref<4x64xf32>, memref<2x64xf32>, memref<2xf32>)
                  outs(%y, %ld : memref<4x64xf32>, memref<1x64xf32>)
           attributes {input_rows = [array<i64: 1, 3>, array<i64>, array<i64>],
                       output_rows = [array<i64: 1, 3>, array<i64>], output_kinds = array<i32: 0, 2>} {
  ^bb0(%xe: f32, %se: f32, %te: f32):
    %e = math.exp %se : f32
    %m = arith.mulf %xe, %e : f32
    %r = arith.addf %m, %te : f32
    // CHECK: tile.yield %{{.*}}, %{{.*}} : f32, f32
    tile.yield %r, %se : f32, f32
  }
  return
}

// CHECK-LABEL: @gemm
func.func @gemm(%w: memref<128x64xf32>, %x: memref<64x64xf32>, %b: memref<128xf32>, %h: memref<128x64xf32>) {
  // CHECK: tile.gemm a(%{{.*}} : memref<128x64xf32>) b(%{{.*}}) c(%{{.*}}) bias(%{{.*}} : memref<128xf32>) {
  tile.gemm a(%w : memref<128x64xf32>) b(%x : memref<64x64xf32>) c(%h : memref<128x64xf32>) bias(%b : memref<128xf32>) {
  ^bb0(%v: f32):
    %zero = arith.constant 0.0 : f32
    %r = arith.maximumf %v, %zero : f32
    tile.yield %r : f32
  }
  // CHECK: tile.gemm accumulate a(
  // CHECK-NOT: {
  tile.gemm accumulate a(%w : memref<128x64xf32>) b(%x : memref<64x64xf32>) c(%h : memref<128x64xf32>)
  return
}

// CHECK-LABEL: @solve
func.func @solve(%u: memref<3x3xf32>, %d: memref<3xf32>, %y: memref<3x64xf32>, %x: memref<3x64xf32>) {
  // CHECK: tile.solve backward a(%{{.*}} : memref<3x3xf32>) diagonal(%{{.*}} : memref<3xf32>) y(%{{.*}}) x(%{{.*}})
  tile.solve backward a(%u : memref<3x3xf32>) diagonal(%d : memref<3xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x64xf32>)
  // CHECK: tile.solve a(
  // CHECK-NOT: diagonal
  tile.solve a(%u : memref<3x3xf32>) y(%y : memref<3x64xf32>) x(%x : memref<3x64xf32>)
  return
}

// CHECK-LABEL: @systems
func.func @systems(%m: memref<9x64xf32>, %x: memref<6x64xf32>) {
  // CHECK: tile.eliminate %{{.*}} : memref<9x64xf32>
  tile.eliminate %m : memref<9x64xf32>
  // CHECK: tile.substitute transposed %{{.*}}, %{{.*}} columns 2 : memref<9x64xf32>, memref<6x64xf32>
  tile.substitute transposed %m, %x columns 2 : memref<9x64xf32>, memref<6x64xf32>
  return
}

// CHECK-LABEL: @others
func.func @others(%x: memref<3x64xf32>, %y: memref<64x16xf32>) {
  // CHECK: tile.transpose %{{.*}} to %{{.*}} : memref<3x64xf32> to memref<64x16xf32>
  tile.transpose %x to %y : memref<3x64xf32> to memref<64x16xf32>
  // CHECK: tile.fill %{{.*}} with 0.000000e+00 : memref<3x64xf32>
  tile.fill %x with 0.0 : memref<3x64xf32>
  return
}

// CHECK-LABEL: @repeat
func.func @repeat(%t: memref<2x64xf32>, %next: memref<2x64xf32>) {
  // CHECK: tile.repeat %{{.*}} to %{{.*}} rounds 40 : memref<2x64xf32>, memref<2x64xf32> {
  // CHECK-NEXT: tile.map rows 2
  tile.repeat %t to %next rounds 40 : memref<2x64xf32>, memref<2x64xf32> {
    tile.map rows 2 ins(%t : memref<2x64xf32>) outs(%next : memref<2x64xf32>)
             attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
    ^bb0(%e: f32):
      %h = math.cos %e : f32
      tile.yield %h : f32
    }
  }
  return
}
