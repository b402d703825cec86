// SPDX-License-Identifier: MIT
//
// A model library: the driver's archive and the kernels in one, with nothing to be seen but the entry.

#include "tests/targets/CompiledTiles.h"

#include <catch2/catch.hpp>

#include <cmath>

using flowc::cpu::CompiledTiles;

static const char *const kTwice = R"(
func.func @flow_f32_twice(%x: memref<1x16xf32>, %y: memref<1x16xf32>) {
  tile.map rows 1 ins(%x : memref<1x16xf32>) outs(%y : memref<1x16xf32>)
      attributes {input_rows = [array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {
  ^bb0(%v: f32):
    %r = arith.addf %v, %v : f32
    tile.yield %r : f32
  }
  return
})";

TEST_CASE("a model library exports its entry alone", "[link]") {
  std::string error;
  CompiledTiles::Options options;
  options.archive = TINY_DRIVER;
  options.modelName = "tiny";
  auto model = CompiledTiles::compile(kTwice, options, error);
  INFO(error);
  REQUIRE(model);
  auto *entry = model->kernel<float(float)>("tiny_model");
  REQUIRE(entry);
  CHECK(entry(0.5f) == std::exp(1.0f));
  CHECK(!model->kernel<float(float)>("flowrt_model_entry"));
  CHECK(!model->kernel<void()>("flow_f32_twice"));
}

TEST_CASE("a link that fails says why", "[link]") {
  std::string error;
  CompiledTiles::Options options;
  options.archive = "/nowhere/libflowmodel.a";
  options.modelName = "tiny";
  CHECK(!CompiledTiles::compile(kTwice, options, error));
  CHECK(error.find("cannot open /nowhere/libflowmodel.a") != std::string::npos);
}
