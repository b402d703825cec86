// SPDX-License-Identifier: MIT

#include "compiler/Prove/Smt.h"

#include "compiler/Dialect/Flow/Models/ScalarRules.h"

#include "llvm/ADT/StringMap.h"

#include <charconv>
#include <cmath>
#include <z3.h>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// What one question may cost, in the solver's own steps, which are the same on every machine; the longest proof in the corpus takes
/// 600,000. The time is for what it does not count.
constexpr unsigned kSteps = 800000, kMilliseconds = 1000;
/// Every two uses of one function are compared; beyond these it costs more than it can help.
constexpr size_t kMostApplications = 24;
/// Values that stand this far from the unknown are variables.
constexpr unsigned kFar = 2;

/// A little wider: intervals are computed with binary fractions, terms with the decimal ones that were written.
Interval widened(Interval range) {
  constexpr double kSlack = 1e-9;
  range.low -= std::isfinite(range.low) ? kSlack * std::abs(range.low) : 0;
  range.high += std::isfinite(range.high) ? kSlack * std::abs(range.high) : 0;
  return range;
}

/// That `term` lies in `range`.
std::string inside(const std::string &term, const Interval &range) {
  std::string text;
  if (std::isfinite(range.low))
    text += std::string(range.lowOpen ? " (> " : " (>= ") + term + " " + SmtProblem::number(range.low) + ")";
  if (std::isfinite(range.high))
    text += std::string(range.highOpen ? " (< " : " (<= ") + term + " " + SmtProblem::number(range.high) + ")";
  return text.empty() ? "" : "(and" + text + ")";
}

} // namespace

/// A solver's life, and its error codes instead of its exits.
class Solver {
public:
  /// With `again`, one that is asked again and again: it remembers what it learned, but knows less of products.
  Solver(const std::string &problem, bool again) {
    Z3_config config = Z3_mk_config();
    context = Z3_mk_context(config);
    Z3_del_config(config);
    Z3_set_error_handler(context, [](Z3_context, Z3_error_code) {});
    solver =
        again ? Z3_mk_simple_solver(context) : Z3_mk_solver_for_logic(context, Z3_mk_string_symbol(context, "QF_NRA"));
    Z3_solver_inc_ref(context, solver);
    Z3_params limits = Z3_mk_params(context);
    Z3_params_inc_ref(context, limits);
    auto limit = [&](const char *name, unsigned most) {
      Z3_params_set_uint(context, limits, Z3_mk_string_symbol(context, name), again ? most / 10 : most);
    };
    limit("rlimit", kSteps);
    limit("timeout", kMilliseconds);
    // Its search for algebraic numbers asks for no limit, and takes minutes on quotients of exponentials.
    if (again)
      Z3_params_set_bool(context, limits, Z3_mk_string_symbol(context, "arith.nl.nra"), false);
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

  Z3_lbool checkWith(llvm::ArrayRef<std::pair<std::string, bool>> literals) {
    std::vector<Z3_ast> assumptions;
    for (const auto &[name, holds] : literals) {
      Z3_ast literal = Z3_mk_const(context, Z3_mk_string_symbol(context, name.c_str()), Z3_mk_bool_sort(context));
      assumptions.push_back(holds ? literal : Z3_mk_not(context, literal));
    }
    return Z3_solver_check_assumptions(context, solver, assumptions.size(), assumptions.data());
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

std::string SmtProblem::number(double value) {
  // The shortest text that reads as this number: 0.1 is meant as a tenth.
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
  // What must hold for the user's ops to be defined is proved apart. Not so a derivative's denominators, such as that
  // of a root: where one is 0, the quotient has no value, but not 0 either.
  bool mayDivideByZero = false;
  for (const Requirement &requirement : rule.requirements())
    if (requirement.nonZero && !inferRange(op->getOperand(requirement.operand), given).isNonZero())
      mayDivideByZero = true;
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
  if (mayDivideByZero) {
    const std::string &a = operands[0], &b = operands[1];
    bool positive = inferRange(op->getOperand(1), given).low >= 0;
    assume("(=> (not (= " + b + " 0.0)) (= " + name + " " + text + "))");
    assume("(=> (= " + b + " 0.0) " +
           (positive ? "(and (=> (> " + a + " 0.0) (> " + name + " 0.0)) (=> (< " + a + " 0.0) (< " + name + " 0.0)))"
                     : "(=> (not (= " + a + " 0.0)) (not (= " + name + " 0.0)))") +
           ")");
  } else {
    assume("(= " + name + " " + text + ")");
  }
  if (truth)
    return name;
  // What intervals know is often what the solver would search for longest.
  if (std::string bounds = inside(name, widened(inferRange(result, given))); !bounds.empty())
    assume(bounds);
  return name;
}

void SmtProblem::restrictTo(const Decisions &decisions) {
  decided.clear();
  for (auto [comparison, holds] : decisions)
    decided[comparison] = holds;
  terms = leaves;
  distance.clear();
}

/// Whether a decision on a comparison says what `value` is: in another piece it is another value.
bool SmtProblem::isDecided(Value value) const {
  llvm::DenseSet<Value> seen;
  llvm::SmallVector<Value> pending;
  if (!decided.empty())
    pending.push_back(value);
  while (!pending.empty()) {
    Value next = pending.pop_back_val();
    Operation *op = seen.insert(next).second ? next.getDefiningOp() : nullptr;
    if (!op)
      continue;
    if (auto select = dyn_cast<arith::SelectOp>(op); select && decided.contains(select.getCondition()))
      return true;
    llvm::append_range(pending, op->getOperands());
  }
  return false;
}

void SmtProblem::lookOnlyNear(Value unknown, llvm::ArrayRef<Value> values, bool boundsAreLeaves) {
  this->boundsAreLeaves = boundsAreLeaves;
  auto operandsOf = [&](Value value) -> llvm::SmallVector<Value> {
    Operation *op = value.getDefiningOp();
    if (!op)
      return {};
    if (auto select = dyn_cast<arith::SelectOp>(op))
      if (auto found = decided.find(select.getCondition()); found != decided.end())
        return {found->second ? select.getTrueValue() : select.getFalseValue()};
    return llvm::SmallVector<Value>(op->getOperands());
  };
  llvm::DenseMap<Value, bool> varies{{unknown, true}};
  std::function<bool(Value)> visit = [&](Value value) {
    if (auto found = varies.find(value); found != varies.end())
      return found->second;
    bool any = false;
    for (Value operand : operandsOf(value))
      any |= visit(operand);
    return varies[value] = any;
  };
  for (Value value : values)
    visit(value);
  // Breadth first, from where the two kinds meet.
  llvm::SmallVector<Value> layer;
  for (Value value : values)
    if (!varies[value])
      layer.push_back(value);
  for (auto [value, itself] : varies)
    if (itself)
      for (Value operand : operandsOf(value))
        if (!varies[operand])
          layer.push_back(operand);
  for (unsigned depth = 0; !layer.empty(); ++depth) {
    llvm::SmallVector<Value> next;
    for (Value value : layer)
      if (distance.try_emplace(value, depth).second)
        llvm::append_range(next, operandsOf(value));
    layer = std::move(next);
  }
}

std::string SmtProblem::closed(Value comparison, bool holds) {
  auto compare = comparison.getDefiningOp<arith::CmpFOp>();
  bool above =
      compare.getPredicate() == arith::CmpFPredicate::OGT || compare.getPredicate() == arith::CmpFPredicate::OGE;
  return std::string(above == holds ? "(>= " : "(<= ") + term(compare.getLhs()) + " " + term(compare.getRhs()) + ")";
}

std::string SmtProblem::term(Value value) {
  if (auto found = terms.find(value); found != terms.end())
    return found->second;
  if (auto constant = constantValue(value))
    return terms[value] = number(*constant);
  // Only the branch that is taken: the other one is not looked at.
  if (auto select = value.getDefiningOp<arith::SelectOp>())
    if (auto found = decided.find(select.getCondition()); found != decided.end())
      return terms[value] = term(found->second ? select.getTrueValue() : select.getFalseValue());
  Operation *op = value.getDefiningOp();
  auto dependency = dyn_cast_or_null<DependencyOpInterface>(op);
  bool fact = factsAreLeaves && isa_and_nonnull<ConstrainedOp>(op);
  auto near = distance.find(value);
  bool far = near != distance.end() &&
             (boundsAreLeaves ? isa_and_nonnull<arith::MaximumFOp, arith::MinimumFOp>(op) : near->second >= kFar);
  if (!fact && !far && dependency && dependency.isElementwise() && isa<RangeOpInterface>(op))
    return terms[value] = define(op);
  bool own = fact || given.contains(value);
  Interval range = inferRange(value, given);
  std::string name = variable(value, own ? range : widened(range));
  if (auto share = fact ? op->getOperand(0).getDefiningOp<arith::DivFOp>() : nullptr)
    sharesOf[share.getRhs()].push_back({share.getLhs(), name});
  if (isDecided(value))
    return terms[value] = name;
  return terms[value] = leaves[value] = name;
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

/// The shares a_i / (a_1 + ... + a_n) of positive numbers sum to 1, and some of them to less.
std::string SmtProblem::shares() {
  std::string text;
  for (const auto &[denominator, shares] : sharesOf) {
    llvm::SmallVector<Value> addends{denominator}, numerators;
    for (size_t k = 0; k < addends.size(); ++k)
      if (auto sum = addends[k].getDefiningOp<arith::AddFOp>())
        llvm::append_range(addends, sum->getOperands());
      else
        numerators.push_back(addends[k]);
    llvm::SmallVector<Value> known;
    std::string total;
    for (const auto &[numerator, name] : shares) {
      known.push_back(numerator);
      total += " " + name;
    }
    auto byAddress = [](Value a, Value b) { return a.getAsOpaquePointer() < b.getAsOpaquePointer(); };
    llvm::sort(known, byAddress);
    llvm::sort(numerators, byAddress);
    bool positive = llvm::all_of(numerators, [&](Value value) { return inferRange(value, given).isPositive(); });
    if (positive && known.size() > 1 &&
        std::includes(numerators.begin(), numerators.end(), known.begin(), known.end(), byAddress))
      text += std::string("(assert (") + (known == numerators ? "=" : "<") + " (+" + total + ") 1.0))\n";
  }
  return text;
}

namespace {

/// What the solver said of a problem, and of its variables where it found values.
struct Told {
  Z3_lbool answer;
  std::vector<std::optional<double>> values;
};

/// Layers of one kind ask the same questions: answers are kept, by the problem's text. (Compilations of one process do not run at the
/// same time.)
struct Answers {
  llvm::StringMap<Told> alone;
  llvm::StringMap<llvm::StringMap<Z3_lbool>> together;
};

Answers &answers() {
  static Answers kept;
  return kept;
}

SmtProblem::Answer answerOf(Z3_lbool said) {
  return said == Z3_L_FALSE ? SmtProblem::Impossible : said == Z3_L_TRUE ? SmtProblem::Possible : SmtProblem::Undecided;
}

} // namespace

SmtProblem::Answer SmtProblem::ask(const std::string &condition, llvm::DenseMap<Value, double> *hint) {
  auto [it, unasked] = answers().alone.try_emplace(declarations + assertions + shares() + "(assert " + condition + ")\n");
  Told &told = it->second;
  if (unasked) {
    Solver solver(it->first().str(), /*again=*/false);
    told.answer = solver.check();
    if (told.answer == Z3_L_TRUE)
      for (const auto &[name, value] : variables)
        told.values.push_back(solver.valueOf(name));
  }
  if (hint && told.answer == Z3_L_TRUE)
    for (auto [variable, number] : llvm::zip_equal(variables, told.values))
      if (number)
        (*hint)[variable.second] = *number;
  return answerOf(told.answer);
}

SmtProblem::Answer SmtProblem::askTogether(const Decisions &decisions) {
  llvm::SmallVector<std::pair<std::string, bool>> literals;
  std::string asked;
  for (auto [comparison, holds] : decisions) {
    literals.push_back({term(comparison), holds});
    asked += (holds ? " " : " -") + literals.back().first;
  }
  std::string text = declarations + assertions + shares();
  auto [it, unasked] = answers().together[text].try_emplace(asked);
  if (unasked) {
    if (!together || text != toldTogether) {
      together = std::make_shared<Solver>(text, /*again=*/true);
      toldTogether = std::move(text);
    }
    it->second = together->checkWith(literals);
  }
  return answerOf(it->second);
}

} // namespace flowc::prove
