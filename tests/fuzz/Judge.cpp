// SPDX-License-Identifier: MIT

#include "tests/fuzz/Judge.h"

namespace flowc::fuzz {

Judgement judge(const Checked &checked, uint64_t seed) {
  Judgement judgement;
  if (!checked.refused.empty())
    return judgement;
  if (!checked.malformed.empty())
    judgement.faults.push_back({"malformed", checked.malformed});
  if (!checked.notDerived.empty())
    judgement.faults.push_back({"not-derived", checked.notDerived});
  std::mt19937_64 random(seed);
  for (size_t layer = 0; layer < checked.layers.size(); ++layer) {
    judgeProofs(checked, layer, random, judgement);
    judgeRefutations(checked, layer, random, judgement);
  }
  return judgement;
}

} // namespace flowc::fuzz
