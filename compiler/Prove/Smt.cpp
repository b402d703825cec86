// SPDX-License-Identifier: MIT

#include "compiler/Prove/Smt.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include <charconv>
#include <cmath>
#include <z3.h>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

constexpr unsigned kMilliseconds = 2000;
/// Every two uses of one function are compared; beyond these it costs more than it can help.
constexpr size_t kMostApplications = 24;

/// That `term` lies in `range`.
std::string inside(const std::string &term, const Interval &range) {
  std::string text;
  if (std::isfinite(range.low))
    text += std::string(range.lowOpen ? " (> " : " (>= ") + term + " " + SmtProblem::number(range.low) + ")";
  if (std::isfinite(range.high))
    text += std::string(range.highOpen ? " (< " : " (<= ") + term + " " + SmtProblem::number(range.high) + ")";
  return text.empty() ? "" : "(and" + text + ")";
}

/// A solver's life, and its error codes instead of its exits.
class Solver {
public:
  explicit Solver(const std::string &problem) {
    Z3_config config = Z3_mk_config();
    context = Z3_mk_context(config);
    Z3_del_config(config);
    Z3_set_error_handler(context, [](Z3_context, Z3_error_code) {});
    solver = Z3_mk_solver_for_logic(context, Z3_mk_string_symbol(context, "QF_NRA"));
    Z3_solver_inc_ref(context, solver);
    Z3_params limits = Z3_mk_params(context);
    Z3_params_inc_ref(context, limits);
    Z3_params_set_uint(context, limits, Z3_mk_string_symbol(context, "timeout"), kMilliseconds);
    Z3_solver_set_params(context, solver, limits);
    Z3_params_dec_ref(context, limits);
    Z3_solver_from_string(context, solver, problem.c_str());
  }
  ~Solver() {
    Z3_solver_dec_ref(context, solver);
    Z3_del_context(context);
  }
  Solver(const Solver &) = delete;

  Z3_lbool check() {
    if (Z3_get_error_code(context) != Z3_OK)
      return Z3_L_UNDEF;
    return Z3_solver_check(context, solver);
  }

  /// The value of a variable in the model that was found.
  std::optional<double> valueOf(const std::string &name) {
    Z3_model model = Z3_solver_get_model(context, solver);
    if (!model)
      return std::nullopt;
    Z3_model_inc_ref(context, model);
    Z3_ast variable = Z3_mk_const(context, Z3_mk_string_symbol(context, name.c_str()), Z3_mk_real_sort(context));
    Z3_ast value = nullptr;
    std::optional<double> number;
    if (Z3_model_eval(context, model, variable, true, &value) && value && Z3_is_numeral_ast(context, value))
      number = std::strtod(Z3_get_numeral_decimal_string(context, value, 17), nullptr);
    else if (value && Z3_is_algebraic_number(context, value))
      number = std::strtod(
          Z3_get_numeral_decimal_string(context, Z3_get_algebraic_number_lower(context, value, 17), 17), nullptr);
    Z3_model_dec_ref(context, model);
    return number;
  }

private:
  Z3_context context;
  Z3_solver solver;
};

} // namespace

std::string SmtProblem::number(double value) {
  char text[400];
  auto end = std::to_chars(text, text + sizeof text, std::abs(value), std::chars_format::fixed).ptr;
  std::string digits(text, end);
  if (digits.find('.') == std::string::npos)
    digits += ".0";
  return value < 0 ? "(- " + digits + ")" : digits;
}

std::string SmtProblem::variable(Value value, const Interval &range) {
  std::string name = "v" + std::to_string(next++);
  declarations += "(declare-fun " + name + " () Real)\n";
  if (std::string bounds = inside(name, range); !bounds.empty())
    assume(bounds);
  variables.push_back({name, value});
  return name;
}

void SmtProblem::stateLemmas(Operation *op, const std::string &x, const std::string &y) {
  const ScalarRule *rule = findScalarRule(op);
  if (!rule)
    return;
  if (!rule->lemma.empty())
    assume(substitute(rule->lemma, {{'x', x}, {'y', y}}));
  bool monotone = rule->domain.within(rule->injectiveOn);
  const char *there = rule->direction == Direction::Increasing ? "<" : ">";
  size_t met = 0;
  for (const Application &other : applications) {
    if (other.rule != rule || ++met > kMostApplications)
      continue;
    std::pair<char, std::string> names[] = {{'x', other.x}, {'y', other.y}, {'u', x}, {'v', y}};
    assume(substitute("(=> (= x u) (= y v))", names));
    if (monotone)
      assume(substitute(std::string("(and (=> (< x u) (") + there + " y v)) (=> (> x u) (" + there + " v y)))", names));
    if (!rule->pairLemma.empty())
      assume(substitute(rule->pairLemma, names));
  }
  for (const ScalarIdentity &identity : scalarIdentities())
    for (const Application &other : applications) {
      if (other.rule->name == identity.f && rule->name == identity.g)
        assume(substitute(identity.identity, {{'x', other.x}, {'y', other.y}, {'u', x}, {'v', y}}));
      if (other.rule->name == identity.g && rule->name == identity.f)
        assume(substitute(identity.identity, {{'x', x}, {'y', y}, {'u', other.x}, {'v', other.y}}));
    }
  applications.push_back({rule, x, y});
}

std::string SmtProblem::define(Operation *op) {
  Value result = op->getResult(0);
  auto rule = cast<RangeOpInterface>(op);
  std::vector<std::string> operands;
  for (Value operand : op->getOperands())
    operands.push_back(term(operand));
  // What must hold for the op to be defined is proved apart.
  for (const Requirement &requirement : rule.requirements())
    if (requirement.nonZero)
      assume("(not (= " + operands[requirement.operand] + " 0.0))");
    else if (std::string bounds = inside(operands[requirement.operand], requirement.within); !bounds.empty())
      assume(bounds);
  std::string text = rule.smtTerm(operands);
  OpBuilder builder(op);
  if (Value expanded = text.empty() ? rule.expand(builder) : Value())
    return term(expanded);
  if (text.empty()) {
    std::string name = variable(result, inferRange(result, given));
    stateLemmas(op, operands[0], name);
    return name;
  }
  bool truth = !isa<FloatType>(getElementTypeOrSelf(result.getType()));
  std::string name = "v" + std::to_string(next++);
  declarations += "(declare-fun " + name + (truth ? " () Bool)\n" : " () Real)\n");
  assume("(= " + name + " " + text + ")");
  if (truth)
    return name;
  // What intervals know is often what the solver would search for longest.
  if (std::string bounds = inside(name, inferRange(result, given)); !bounds.empty())
    assume(bounds);
  return name;
}

std::string SmtProblem::term(Value value) {
  if (auto found = terms.find(value); found != terms.end())
    return found->second;
  if (auto constant = constantValue(value))
    return terms[value] = number(*constant);
  Operation *op = value.getDefiningOp();
  auto dependency = dyn_cast_or_null<DependencyOpInterface>(op);
  std::string text = dependency && dependency.isElementwise() && isa<RangeOpInterface>(op)
                         ? define(op)
                         : variable(value, inferRange(value, given));
  return terms[value] = text;
}

std::string SmtProblem::named(const std::string &condition) {
  std::string name = "v" + std::to_string(next++);
  declarations += "(declare-fun " + name + " () Bool)\n";
  assume("(= " + name + " " + condition + ")");
  return name;
}

std::string SmtProblem::violation(Value value, const Requirement &requirement) {
  std::string text = term(value);
  if (requirement.nonZero)
    return "(= " + text + " 0.0)";
  std::string met = inside(text, requirement.within);
  return met.empty() ? "false" : "(not " + met + ")";
}

SmtProblem::Answer SmtProblem::ask(const std::string &condition, llvm::DenseMap<Value, double> *hint) {
  Solver solver(declarations + assertions + "(assert " + condition + ")\n");
  switch (solver.check()) {
  case Z3_L_FALSE:
    return Impossible;
  case Z3_L_TRUE:
    for (const auto &[name, value] : variables)
      if (auto number = hint ? solver.valueOf(name) : std::nullopt)
        (*hint)[value] = *number;
    return Possible;
  default:
    return Undecided;
  }
}

} // namespace flowc::prove
