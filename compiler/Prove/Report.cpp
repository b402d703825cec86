// SPDX-License-Identifier: MIT

#include "compiler/Prove/Report.h"

namespace flowc::prove {
namespace {

Verdict worse(Verdict a, Verdict b) {
  if (a == Verdict::Refuted || b == Verdict::Refuted)
    return Verdict::Refuted;
  return a == Verdict::Unknown || (a == Verdict::Assumed && b == Verdict::Proved) ? a : b;
}

} // namespace

llvm::StringRef verdictName(Verdict verdict) {
  switch (verdict) {
  case Verdict::Proved:
    return "proved";
  case Verdict::Assumed:
    return "assumed";
  case Verdict::Refuted:
    return "refuted";
  case Verdict::Unknown:
    break;
  }
  return "unknown";
}

Verdict LayerReport::verdict() const {
  Verdict total = Verdict::Proved;
  for (const Obligation &obligation : obligations)
    total = worse(total, obligation.verdict);
  return total;
}

bool LayerReport::isOnePass(bool toLatent) const { return levels <= 2 || toLatent != generative; }

Verdict ModelReport::verdict() const {
  Verdict total = Verdict::Proved;
  for (const LayerReport &layer : layers)
    total = worse(total, layer.verdict());
  return total;
}

} // namespace flowc::prove
