// SPDX-License-Identifier: MIT
#include "runtime/selftest/Selftest.h"
#include "tests/runtime/Support.h"

using namespace flowc::runtime;

namespace {

std::string failures(const CompiledModel &model) {
  std::string text;
  for (const Verdict &verdict : runSelftests(model, 1, {}))
    if (!verdict.passed)
      text += verdict.property + "; ";
  return text;
}

} // namespace

TEST_CASE("a right model passes its self-test") {
  for (const char *name : {"mock", "mock_f32", "mock_f64", "mock_nothreads", "mock_context", "mock_label"})
    CHECK(failures(openMock(name)) == "");
}

TEST_CASE("the self-test finds every mutant, by the property it breaks") {
  for (auto [name, property] : {std::pair{"mutant_log_det", "dense Jacobian"},
                                {"mutant_gradient", "parameter gradients"},
                                {"mutant_ragged", "rows do not depend"},
                                {"mutant_to_data", "data -> latent -> data"},
                                {"mutant_base", "integrates to 1"},
                                {"mutant_sample", "their random numbers"},
                                {"mutant_sample_density", "log_prob of samples"},
                                {"mutant_context", "rows have their own contexts"}}) {
    INFO(name);
    CHECK_THAT(failures(openMock(name)), Catch::Contains(property));
  }
}
