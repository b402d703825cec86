// SPDX-License-Identifier: MIT
//
// tile.repeat against a plain loop: to the fixed point, or as often as it may.

#include "tests/targets/TileArena.h"

using namespace flowc::test;

namespace {

/// x := cos(x) / 2 + c, with c another sample's than x, until nothing changes.
template <typename T> void checkRepeat(int64_t rows, int64_t samples, int64_t rounds) {
  Arena<T> arena(static_cast<unsigned>(rows + samples));
  std::string e = Arena<T>::element;
  Slice x = arena.varying(rows, samples), next = arena.varying(rows, samples), c = arena.varying(rows, samples);
  std::string text = "  tile.repeat " + x.name + " to " + next.name + " rounds " + std::to_string(rounds) + " : " + x.type + ", " +
                     next.type + " {\n    tile.map rows " + std::to_string(rows) + " ins(" + x.name + ", " + c.name + " : " + x.type +
                     ", " + c.type + ") outs(" + next.typed() +
                     ") attributes {input_rows = [array<i64>, array<i64>], output_rows = [array<i64>], output_kinds = array<i32: 0>} {\n"
                     "    ^bb0(%v: " +
                     e + ", %w: " + e + "):\n      %h = arith.constant 0.5 : " + e + "\n      %f = math.cos %v : " + e +
                     "\n      %g = arith.mulf %f, %h : " + e + "\n      %r = arith.addf %g, %w : " + e + "\n      tile.yield %r : " + e +
                     "\n    }\n  }\n";
  arena.check(text, {"native"}, sizeof(T) == 4 ? 1e-6 : 1e-14, [&] {
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t s = 0; s < samples; ++s) {
        double value = arena.at(x, i, s);
        for (int64_t k = 0; k < rounds; ++k)
          value = std::cos(value) / 2 + double(arena.at(c, i, s));
        arena.at(x, i, s) = arena.at(next, i, s) = static_cast<T>(value);
      }
  });
}

} // namespace

TEMPLATE_TEST_CASE("repeats of any size and number of rounds", "[repeat]", float, double) {
  for (int64_t rounds : {1, 2, 200})
    for (int64_t rows : {1, 2, 3, 7, 65})
      checkRepeat<TestType>(rows, 64, rounds);
  for (int64_t samples : {1, 2, 32, 96})
    checkRepeat<TestType>(3, samples, 200);
}
