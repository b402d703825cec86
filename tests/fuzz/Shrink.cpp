// SPDX-License-Identifier: MIT

#include "tests/fuzz/Shrink.h"

namespace flowc::fuzz {
namespace {

constexpr int kMostRounds = 60;

/// `tree` with one of its nodes replaced by something smaller, in every way.
std::vector<Tree> smaller(const Tree &tree) {
  std::vector<Tree> found(tree.parts.begin(), tree.parts.end());
  static const char *plain[] = {"1", "2", "x"};
  if (tree.size() > 1 || (tree.head != "1" && tree.head != "x"))
    for (const char *leaf : plain)
      if (tree.head != leaf && (tree.size() > 1 || tree.head != "2"))
        found.push_back({leaf, {}});
  for (size_t k = 0; k < tree.parts.size(); ++k)
    for (Tree &part : smaller(tree.parts[k])) {
      Tree copy = tree;
      copy.parts[k] = std::move(part);
      found.push_back(std::move(copy));
    }
  return found;
}

std::vector<Program> candidates(const Program &program) {
  std::vector<Program> found;
  auto add = [&](auto change) {
    Program copy = program;
    change(copy);
    if (copy.text() != program.text())
      found.push_back(std::move(copy));
  };
  if (program.features > 2)
    add([](Program &copy) { copy.features = 2; });
  add([](Program &copy) { copy.features = 1; });
  add([](Program &copy) { copy.items = "f"; });
  for (size_t at = 0; (at = program.items.find("; ", at)) != std::string::npos; ++at) {
    add([&](Program &copy) { copy.items = copy.items.substr(0, at); });
    add([&](Program &copy) { copy.items = copy.items.substr(at + 2); });
  }
  for (size_t k = 0; k < program.formulas.size(); ++k)
    for (Tree &tree : smaller(program.formulas[k]))
      add([&](Program &copy) { copy.formulas[k] = std::move(tree); });
  return found;
}

} // namespace

Program shrink(Program program, const std::function<size_t(const std::vector<Program> &)> &first) {
  for (int round = 0; round < kMostRounds; ++round) {
    std::vector<Program> tries = candidates(program);
    size_t found = tries.empty() ? 0 : first(tries);
    if (found == tries.size())
      break;
    program = tries[found];
  }
  return program;
}

} // namespace flowc::fuzz
