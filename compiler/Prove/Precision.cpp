// SPDX-License-Identifier: MIT

#include "compiler/Prove/Precision.h"

#include "compiler/Explain/Formulas.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

/// Data and latents are numbers around 1, and some of them are farther out; so are the results of a network.
constexpr double kReach = 100;
constexpr int64_t kSettings = 6;

using Point = llvm::SmallVector<double>;

double toFloat(double value) { return static_cast<float>(value); }

std::string shortText(double value) { return llvm::formatv("{0}", llvm::format("%.4g", value)).str(); }

/// A formula as a kernel in 32 bits computes it: every step rounded to the nearest such number.
class FloatEvaluator {
public:
  explicit FloatEvaluator(const Formula &formula) : variables(formula.allVariables().size()), values(variables) {
    llvm::SetVector<Operation *> needed = backwardSlice(formula.value());
    llvm::DenseMap<Value, unsigned> index;
    for (const Variable &variable : formula.allVariables())
      index.try_emplace(variable.value, index.size());
    for (Operation &op : formula.getFunction().getBody().front()) {
      if (!needed.contains(&op))
        continue;
      auto constant = constantValue(op.getResult(0));
      index[op.getResult(0)] = values.size();
      if (!constant) {
        Step step{&op, static_cast<unsigned>(values.size()), {}};
        for (Value operand : op.getOperands())
          step.operands.push_back(index.lookup(operand));
        steps.push_back(std::move(step));
      }
      values.push_back(toFloat(constant.value_or(0)));
    }
    result = index.lookup(formula.value());
  }

  /// The formula's value. A step that is no finite number may stand in a branch that is not taken.
  double at(llvm::ArrayRef<double> point) {
    overflowing = nullptr;
    llvm::transform(point, values.begin(), toFloat);
    for (const Step &step : steps) {
      llvm::SmallVector<double, 3> operands;
      for (unsigned operand : step.operands)
        operands.push_back(values[operand]);
      double value = toFloat(cast<RangeOpInterface>(step.op).evaluate(operands));
      values[step.result] = value;
      if (!std::isfinite(value) && !overflowing)
        overflowing = step.op;
    }
    return values[result];
  }
  /// The first step that is no finite number.
  Operation *overflowing = nullptr;

private:
  struct Step {
    Operation *op;
    unsigned result;
    llvm::SmallVector<unsigned, 3> operands;
  };

  size_t variables;
  std::vector<double> values;
  std::vector<Step> steps;
  unsigned result;
};

class Search {
public:
  explicit Search(const Formula &formula) : formula(formula), variables(formula.allVariables()), evaluator(formula) {}

  std::optional<PrecisionLoss> run() {
    std::optional<PrecisionLoss> found;
    for (int64_t k = 0; k < kSettings; ++k) {
      Point point;
      for (const Variable &variable : variables)
        point.push_back(variable.labels ? variable.element == k % variable.labels : place(variable.range, 0.5 * normal(generator)));
      auto loss = lossNear(std::move(point));
      if (!loss)
        return std::nullopt;
      if (!found)
        found = loss;
    }
    return found;
  }

private:
  /// With inputs farther and farther out, and with one network's result at a time far out.
  std::optional<PrecisionLoss> lossNear(Point point) {
    static constexpr double far[] = {0, 0.5, 1, 2, 5, 10, 20, 50, kReach}, near[] = {0.5, 5};
    if (auto input = failingInput(point, far)) {
      point[0] = *input;
      return describe(point, 0);
    }
    for (auto [v, variable] : llvm::enumerate(variables))
      for (double extreme : {kReach, -kReach}) {
        if (v == 0 || variable.parameter || variable.range != Interval::all())
          continue;
        Point there = point;
        there[v] = extreme;
        if (auto input = failingInput(there, near)) {
          there[0] = *input;
          return describe(there, v);
        }
      }
    return std::nullopt;
  }

  /// An input at which the formula fails; of those farther and farther out, the first.
  std::optional<double> failingInput(Point point, llvm::ArrayRef<double> distances) {
    auto failsAt = [&](double input) { return point[0] = input, fails(point); };
    for (bool up : {true, false}) {
      double good = inputAt(0);
      for (double distance : distances) {
        double input = inputAt(up ? distance : -distance);
        if (!failsAt(input)) {
          good = input;
          continue;
        }
        for (int step = 0; step < 30; ++step) {
          double middle = good + (input - good) / 2;
          (failsAt(middle) ? input : good) = middle;
        }
        // A little farther, which reads better.
        double nice = std::strtod(shortText(input + 0.005 * (input - inputAt(0))).c_str(), nullptr);
        return Interval::point(nice).within(variables[0].range) && failsAt(nice) ? nice : input;
      }
    }
    return std::nullopt;
  }

  double inputAt(double t) const {
    const Interval &range = variables[0].range;
    if (range == Interval::all())
      return t;
    if (std::isinf(range.high))
      return range.low + (t < 0 ? 1 / (1 - t) : 1 + t);
    if (std::isinf(range.low))
      return range.high - (t < 0 ? 1 / (1 - t) : 1 + t);
    return range.low + (range.high - range.low) * (0.5 + 0.49 * t / kReach);
  }

  /// An input that nobody would take for the same: a hundredth away.
  double neighbour(double input) const {
    const Interval &range = variables[0].range;
    double step = std::isinf(range.low) || std::isinf(range.high) ? std::max(0.01, 0.01 * std::abs(input)) : 0.005 * (range.high - range.low);
    double next = input < 0 ? input - step : input + step;
    return Interval::point(next).within(range) ? next : input - step;
  }

  bool fails(Point point) {
    double value = evaluator.at(point);
    point[0] = neighbour(point[0]);
    return !std::isfinite(value) || evaluator.at(point) == value;
  }

  /// `culprit` is the variable that is far out; 0 if that is the input.
  PrecisionLoss describe(Point point, size_t culprit) {
    PrecisionLoss loss;
    double value = evaluator.at(point);
    Operation *op = evaluator.overflowing;
    for (auto [variable, coordinate] : llvm::zip_equal(variables, point))
      loss.witness.point.emplace_back(variable.name, coordinate);
    loss.witness.value = value;
    std::string input = variables[0].name, at = variables[culprit].name + " = " + shortText(point[culprit]);
    if (culprit)
      loss.remedy = "`bounded(" + variables[culprit].name + ", b)` keeps it within b of 0";
    else
      loss.remedy = "a layer ahead that keeps " + input + " nearer to 0 avoids it; so does " +
                    (std::isfinite(value) ? "`+ 0.1 * " + input + "`, if the output may be any number"
                                          : "a formula that grows no faster than a power of " + input);
    if (!std::isfinite(value)) {
      loss.finding = "`" + printInline(op->getResult(0), formula.names()) + "` is no finite number in 32 bits at " + at;
      return loss;
    }
    double twin = neighbour(point[0]);
    loss.witness.twins = {point[0], twin};
    loss.finding = input + " = " + shortText(point[0]) + " and " + input + " = " + shortText(twin) + " both give " + shortText(value) +
                   " in 32 bits" + (culprit ? ", with " + at : "");
    return loss;
  }

  const Formula &formula;
  llvm::ArrayRef<Variable> variables;
  FloatEvaluator evaluator;
  std::mt19937_64 generator{20261121};
  std::normal_distribution<double> normal;
};

} // namespace

std::optional<PrecisionLoss> findPrecisionLoss(const Formula &formula) { return Search(formula).run(); }

} // namespace flowc::prove
