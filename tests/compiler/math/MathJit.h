// SPDX-License-Identifier: MIT
//
// Compiles textual IR to machine code in memory. The only part of these tests that knows MLIR: it is built without
// exceptions, as MLIR is; the tests are built with them.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace flowc::testing {

/// Every compiled function works on batches of this many elements: two arguments, a result, and a count per element.
constexpr int kBatch = 4096;
using BatchFunction = void (*)(const void *, const void *, void *, int64_t *);

class MathJit {
public:
  /// Runs flow-lower-root, flow-expand-math and the lowering to LLVM on a module; prints what is wrong and returns null
  /// if it fails.
  static std::unique_ptr<MathJit> compile(const std::string &module);
  ~MathJit();

  BatchFunction function(const std::string &name) const;

private:
  MathJit();
  struct Engine;
  std::unique_ptr<Engine> engine;
};

/// The text of a function @f over a batch: `body` computes %r from %a, %b (and may count in %counts[%i]). `T` in the
/// body stands for the type: f32 or f64, or a vector of `width` of them.
std::string batchFunction(const std::string &body, const std::string &element, int width);

} // namespace flowc::testing
