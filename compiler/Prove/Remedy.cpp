// SPDX-License-Identifier: MIT

#include "compiler/Prove/Remedy.h"

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// Whether a parameter only stands below one with a domain, which has its name.
bool isBelowDomain(const Variable &variable) {
  Value value = variable.value;
  while (variable.parameter && value.hasOneUse() && value.getUsers().begin()->getNumResults()) {
    value = value.getUsers().begin()->getResult(0);
    if (auto name = userName(value))
      return StringRef(variable.name).starts_with(*name);
  }
  return false;
}

/// The user's name of a variable that is not below 0, and may be 0: a variance.
std::optional<StringRef> nameOfVariance(const Variable &variable) {
  for (Operation *user : variable.value.getUsers())
    if (auto fact = dyn_cast<ConstrainedOp>(user); fact && fact.getLow().isZero() && !fact.getLowOpen())
      return userName(fact.getResult());
  return std::nullopt;
}

} // namespace

std::string findRemedy(const Formula &formula, llvm::function_ref<bool(llvm::DenseMap<Value, Interval>)> proves) {
  static const std::pair<Interval, StringRef> domains[] = {{Interval::open(0, kInfinity), "positive"},
                                                           {Interval::open(0, 1), "unit"}};
  // Of a network's many parameters none helps alone.
  constexpr size_t kMostVariables = 8;
  if (formula.allVariables().size() > kMostVariables)
    return "";
  // Parameters first: whoever restricts the input changes what the layer is for.
  llvm::SmallVector<Variable> variables(formula.allVariables().drop_front());
  variables.push_back(formula.unknown());
  for (const Variable &variable : variables) {
    llvm::DenseMap<Value, Interval> ranges = formula.ranges();
    ranges[variable.value] = Interval::open(0, kInfinity);
    auto name = nameOfVariance(variable);
    if (name && proves(std::move(ranges)))
      return name->str() + " may be 0; with a small number added to it the proof succeeds";
  }
  for (const Variable &variable : variables)
    for (auto [domain, name] : domains) {
      bool narrowed = variable.value == formula.unknown().value && name == "unit";
      if (variable.range != Interval::all() || narrowed || isBelowDomain(variable))
        continue;
      llvm::DenseMap<Value, Interval> ranges = formula.ranges();
      ranges[variable.value] = domain;
      if (proves(std::move(ranges)))
        return variable.name + " ranges over all real numbers; with `" + variable.name + ": " + name.str() +
               "` the proof succeeds";
    }
  return "";
}

} // namespace flowc::prove
