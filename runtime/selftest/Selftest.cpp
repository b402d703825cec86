// SPDX-License-Identifier: MIT

#include "runtime/selftest/Selftest.h"

#include "runtime/Parameters.h"

namespace flowc::runtime {
namespace {

void append(std::vector<Verdict> &all, std::vector<Verdict> more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// f32 differences are too coarse to judge derivatives by; where there is f64, from the same formulas, it judges them.
void testOne(std::vector<Verdict> &verdicts, Subject &subject, bool withDerivatives, uint64_t seed) {
  append(verdicts, testDensity(subject, seed));
  append(verdicts, testSampling(subject, seed));
  append(verdicts, testObjective(subject, seed));
  append(verdicts, testBatching(subject, seed));
  append(verdicts, testContexts(subject, seed));
  if (withDerivatives) {
    append(verdicts, testJacobian(subject, seed));
    append(verdicts, testGradients(subject, seed));
  }
}

} // namespace

std::vector<Verdict> runSelftests(const CompiledModel &compiled, uint64_t seed, const Values &extra, const std::string &device) {
  struct Setting {
    std::string name;
    Values parameters;
  };
  std::vector<Setting> settings = {{"initial", initialParameters<double>(compiled.manifest(), seed)},
                                   {"random", randomParameters(compiled.manifest(), seed + 1)}};
  if (!extra.empty())
    settings.push_back({"trained", extra});
  bool hasWide = compiled.has(FLOWRT_F64), hasNarrow = compiled.has(FLOWRT_F32);
  std::unique_ptr<Subject> wide = hasWide ? makeSubject(compiled, FLOWRT_F64, device) : nullptr;
  std::unique_ptr<Subject> narrow = hasNarrow ? makeSubject(compiled, FLOWRT_F32, device) : nullptr;
  std::vector<Verdict> verdicts;
  for (const Setting &setting : settings) {
    for (auto [subject, type] : {std::pair{wide.get(), "f64"}, std::pair{narrow.get(), "f32"}}) {
      if (!subject)
        continue;
      subject->setting = fmt::format("{}, {}", type, setting.name);
      subject->setParameters(setting.parameters);
      testOne(verdicts, *subject, subject->isDouble || !hasWide, seed);
    }
    if (wide && narrow)
      append(verdicts, testAgreement(*wide, *narrow, seed));
  }
  return verdicts;
}

} // namespace flowc::runtime
