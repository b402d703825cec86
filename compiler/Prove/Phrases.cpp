// SPDX-License-Identifier: MIT

#include "compiler/Prove/Phrases.h"

#include "compiler/Explain/Formulas.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {

std::string number(double value) {
  if (std::abs(value) < 1e-12)
    return "0";
  if (std::isinf(value))
    return value > 0 ? "inf" : "-inf";
  return llvm::formatv("{0}", llvm::format("%.6g", value)).str();
}

std::string describe(const Interval &interval) {
  if (interval == Interval::all())
    return "all real numbers";
  return (interval.lowOpen ? "(" : "[") + number(interval.low) + ", " + number(interval.high) +
         (interval.highOpen ? ")" : "]");
}

std::string print(const Formula &formula, Value value) { return printInline(value, formula.names()); }

std::string describe(const Witness &witness, size_t first) {
  std::string text;
  for (const auto &[name, value] : llvm::ArrayRef(witness.point).drop_front(first))
    text += (text.empty() ? "" : ", ") + name + " = " + number(value);
  return text;
}

} // namespace flowc::prove
