// SPDX-License-Identifier: MIT
//
// The models whose derivation is mutated: small ones, which have between them every kind of op and rule.

#pragma once

#include <string>
#include <vector>

namespace flowc::mutation {

struct TestModel {
  std::string name, text;
};

const std::vector<TestModel> &testModels();

} // namespace flowc::mutation
