// SPDX-License-Identifier: MIT
//
// compile_time FILE [CPU] [OPTLEVEL]: seconds that scheduled IR (`flowc SPEC --emit=scheduled`) takes to become a
// loaded library, the best of five.

#include "tests/targets/CompiledTiles.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

using flowc::cpu::CompiledTiles;

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: compile_time FILE [CPU] [OPTLEVEL]\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  double lowering = 1e9, code = 1e9, link = 1e9;
  size_t bytes = 0;
  for (int round = 0; round < 5; ++round) {
    std::string error;
    auto tiles =
        CompiledTiles::compile(text, {argc > 2 ? argv[2] : "native", 0, argc > 3 ? std::atoi(argv[3]) : 3}, error);
    if (!tiles) {
      std::fprintf(stderr, "%s\n", error.c_str());
      return 1;
    }
    lowering = std::min(lowering, tiles->loweringSeconds);
    code = std::min(code, tiles->codeSeconds);
    link = std::min(link, tiles->linkSeconds);
    bytes = tiles->objectBytes;
  }
  std::printf("MLIR %.0f ms, LLVM %.0f ms, link %.0f ms, object %zu bytes\n", lowering * 1e3, code * 1e3, link * 1e3,
              bytes);
}
