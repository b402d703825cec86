// SPDX-License-Identifier: MIT

#include "compiler/Prove/Jacobian.h"

#include "compiler/Derive/Structure.h"
#include "compiler/Prove/Search.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>
#include <random>

using namespace mlir;
using namespace flowc::flow;

namespace flowc::prove {
namespace {

using Vector = std::vector<double>;

/// Beyond that many features a determinant costs too much.
constexpr int64_t kMostFeatures = 32;
constexpr int kParameters = 60, kExtremes = 16, kInputs = 8;

/// Evaluates a layer on numbers, with parameters drawn at random.
class LayerSample {
public:
  /// Parameters of all kinds; or `extreme` ones: all is 0 but for one large entry in every matrix, the same one, of any sign. In a
  /// product of matrices of bounded norms nothing is longer, nor is it at random.
  LayerSample(LayerOp layer, std::mt19937_64 &generator, bool extreme) : layer(layer), ops(neededOps(layer)) {
    constexpr double kLarge = 30;
    std::normal_distribution<double> normal;
    for (Operation *op : ops) {
      if (auto context = dyn_cast<ContextOp>(op))
        fixed[context] = drawContext(context, generator);
      if (!isa<ReadOp>(op))
        continue;
      Vector &numbers = fixed[op->getResult(0)];
      bool matrix = cast<ShapedType>(op->getResult(0).getType()).getRank() == 2;
      for (int64_t k = 0; k < elementCount(op->getResult(0)); ++k)
        if (!extreme)
          numbers.push_back(1.5 * normal(generator));
        else
          numbers.push_back(matrix && k == 0 ? (generator() % 2 ? kLarge : -kLarge) : 0);
    }
  }

  /// The layer with parameters on the way from one sample's to another's.
  LayerSample(const LayerSample &from, const LayerSample &to, double share) : layer(from.layer), ops(from.ops) {
    for (const auto &[value, numbers] : from.fixed)
      for (auto [a, b] : llvm::zip_equal(numbers, to.fixed.find(value)->second))
        fixed[value].push_back(isLabel(value) ? (share < 1 ? a : b) : a + share * (b - a));
  }

  bool hasParameters() const { return !fixed.empty(); }

  /// Empty where something is not defined, or of an op that does not say what an element of its result is.
  Vector at(const Vector &x) {
    llvm::DenseMap<Value, Vector> values = fixed;
    values[layer.input()] = x;
    for (Operation *op : ops) {
      if (isa<ReadOp, ContextOp, flow::ReturnOp>(op))
        continue;
      Vector result = evaluated(op, values);
      if (llvm::any_of(result, [](double v) { return !std::isfinite(v); }))
        return {};
      values[op->getResult(0)] = std::move(result);
    }
    return values[layer.output()];
  }

  /// How far the Jacobian is from being singular, between -1 and 1, with its determinant's sign. Not a number where it
  /// has no value.
  double orientation(const Vector &x) {
    std::vector<Vector> rows = jacobian(x);
    return rows.empty() ? std::nan("") : leastPivot(rows);
  }

  /// By differences; empty where it has no value.
  std::vector<Vector> jacobian(const Vector &x) {
    size_t n = x.size();
    std::vector<Vector> rows(n, Vector(n));
    for (size_t j = 0; j < n; ++j) {
      double step = 1e-5 * (1 + std::abs(x[j]));
      Vector before = x, after = x;
      before[j] -= step, after[j] += step;
      Vector left = at(before), right = at(after);
      if (left.empty() || right.empty())
        return {};
      for (size_t i = 0; i < n; ++i)
        rows[i][j] = (right[i] - left[i]) / (2 * step);
    }
    return rows;
  }

  /// Whether the Jacobian is the same wherever it was looked at.
  bool looksLinear(const Vector &x) {
    Vector elsewhere = x;
    for (size_t k = 0; k < x.size(); ++k)
      elsewhere[k] = 0.5 * x[k] + 0.1 * double(k + 1);
    std::vector<Vector> here = jacobian(x), there = jacobian(elsewhere);
    for (size_t i = 0; i < there.size() && !here.empty(); ++i)
      for (size_t j = 0; j < there.size(); ++j)
        if (std::abs(here[i][j] - there[i][j]) > 1e-7 * (1 + std::abs(here[i][j])))
          return false;
    return !here.empty() && !there.empty();
  }

private:
  static bool isLabel(Value value) {
    auto context = value.getDefiningOp<ContextOp>();
    return context && context.getLabel();
  }

  static Vector drawContext(ContextOp context, std::mt19937_64 &generator) {
    std::normal_distribution<double> normal;
    Vector drawn(elementCount(context), 0);
    if (context.getLabel())
      drawn[generator() % drawn.size()] = 1;
    else
      for (double &number : drawn)
        number = place(context.inferRange({}), 1.5 * normal(generator));
    return drawn;
  }

  static Vector evaluated(Operation *op, llvm::DenseMap<Value, Vector> &values) {
    llvm::SmallVector<llvm::ArrayRef<double>> operands;
    for (Value operand : op->getOperands())
      operands.push_back(values[operand]);
    if (llvm::SmallVector<double> all = cast<RangeOpInterface>(op).evaluateAll(operands); !all.empty())
      return Vector(all.begin(), all.end());
    Vector result;
    for (int64_t k = 0; k < elementCount(op->getResult(0)); ++k)
      result.push_back(element(op, k, values));
    return result;
  }

  static double element(Operation *op, int64_t k, llvm::DenseMap<Value, Vector> &values) {
    if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto dense = dyn_cast<DenseFPElementsAttr>(constant.getValue());
      return dense ? dense.getValues<APFloat>()[k].convertToDouble() : std::nan("");
    }
    auto dependency = cast<DependencyOpInterface>(op);
    llvm::SmallVector<std::pair<unsigned, int64_t>> source;
    if (dependency.movedFrom(source))
      return values[op->getOperand(source[k].first)][source[k].second];
    if (isa<SplatOp>(op))
      return values[op->getOperand(0)][0];
    llvm::SmallVector<double> operands;
    if (dependency.isElementwise()) {
      for (Value operand : op->getOperands())
        operands.push_back(values[operand][k]);
      return cast<RangeOpInterface>(op).evaluate(operands);
    }
    llvm::SmallVector<llvm::SmallVector<std::pair<unsigned, int64_t>, 2>> sum;
    if (!dependency.sumOfProducts(k, sum))
      return std::nan("");
    double total = 0;
    for (const auto &product : sum) {
      double term = 1;
      for (auto [operand, index] : product)
        term *= values[op->getOperand(operand)][index];
      total += term;
    }
    return total;
  }

  /// The least pivot of an elimination with complete pivoting, with the determinant's sign.
  static double leastPivot(std::vector<Vector> &rows) {
    size_t n = rows.size();
    double least = 1, sign = 1;
    for (Vector &row : rows) {
      double length = std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
      if (length == 0)
        return 0;
      for (double &entry : row)
        entry /= length;
    }
    for (size_t k = 0; k < n; ++k) {
      size_t row = k, column = k;
      for (size_t i = k; i < n; ++i)
        for (size_t j = k; j < n; ++j)
          if (std::abs(rows[i][j]) > std::abs(rows[row][column]))
            row = i, column = j;
      double pivot = rows[row][column];
      if (pivot == 0)
        return 0;
      std::swap(rows[row], rows[k]);
      for (Vector &each : rows)
        std::swap(each[column], each[k]);
      sign *= (row == k ? 1 : -1) * (column == k ? 1 : -1) * (pivot > 0 ? 1 : -1);
      least = std::min(least, std::abs(pivot));
      for (size_t i = k + 1; i < n; ++i)
        for (size_t j = n; j-- > k;)
          rows[i][j] -= rows[i][k] / pivot * rows[k][j];
    }
    return sign * least;
  }

  LayerOp layer;
  llvm::SetVector<Operation *> ops;
  llvm::DenseMap<Value, Vector> fixed;
};

std::string print(const Vector &x) {
  std::string text;
  for (double v : llvm::ArrayRef(x).take_front(6))
    text += (text.empty() ? "(" : ", ") + llvm::formatv("{0}", llvm::format("%.3g", v)).str();
  return text + (x.size() > 6 ? ", ...)" : ")");
}

/// A small matrix in rows.
std::string print(const std::vector<Vector> &rows) {
  constexpr size_t kMostRows = 6;
  std::string text;
  for (const Vector &row : llvm::ArrayRef(rows).take_front(kMostRows))
    text += (text.empty() ? "" : ", ") + print(row);
  return "[" + text + (rows.size() > kMostRows ? ", ...]" : "]");
}

/// What a matrix without an inverse is told as.
StructuralFault rankFault(LayerSample sample, const Vector &x, bool always) {
  std::string matrix = print(sample.jacobian(x));
  if (!sample.hasParameters())
    return {"its matrix has no inverse", "it is " + matrix, true};
  return {std::string("its matrix has no inverse for ") + (always ? "any" : "some") + " parameters", "it may be " + matrix, true};
}

/// Parameters on the way from some with one sign of the determinant to some with the other for which it is as good as 0 at `x`, if
/// there are any: it might jump as well.
std::optional<LayerSample> vanishesBetween(const LayerSample &positive, const LayerSample &negative, const Vector &x) {
  double low = 0, high = 1;
  for (int step = 0; step < 60; ++step) {
    double share = (low + high) / 2;
    LayerSample between(positive, negative, share);
    double orientation = between.orientation(x);
    if (std::abs(orientation) < 1e-8)
      return between;
    (orientation > 0 ? low : high) = share;
  }
  return std::nullopt;
}

} // namespace

std::optional<StructuralFault> refuteByOrientation(LayerOp layer, llvm::ArrayRef<Interval> domain) {
  // What differences of f64 can be sure of, and what they cannot tell from 0.
  constexpr double kSure = 1e-5, kNone = 1e-8;
  if (static_cast<int64_t>(domain.size()) > kMostFeatures)
    return std::nullopt;
  std::mt19937_64 generator(20260102);
  std::normal_distribution<double> normal;
  unsigned measured = 0, singular = 0;
  std::optional<std::pair<LayerSample, Vector>> positiveSample, negativeSample, anySample;
  for (int p = 0; p < kParameters + kExtremes; ++p) {
    bool extreme = p >= kParameters;
    LayerSample sample(layer, generator, extreme);
    std::optional<Vector> positive, negative;
    for (int k = 0; k < kInputs; ++k) {
      // Activations are steepest around 0, and have their kinks there.
      double size = extreme && k == 0 ? 0.01 : 2;
      Vector x;
      for (const Interval &range : domain)
        x.push_back(place(range, size * normal(generator)));
      double orientation = sample.orientation(x);
      measured += std::isfinite(orientation);
      if (std::isfinite(orientation))
        anySample.emplace(sample, x);
      singular += std::abs(orientation) < kNone;
      if (std::abs(orientation) > kSure)
        (orientation > 0 ? positive : negative) = x;
    }
    if (positive && negative)
      return StructuralFault{"the determinant of its Jacobian changes its sign, so that two inputs share an output",
                             "it is positive at x = " + print(*positive) + " and negative at x = " + print(*negative) +
                                 (sample.hasParameters() ? ", with the same parameters" : "")};
    if (positive)
      positiveSample.emplace(sample, *positive);
    if (negative)
      negativeSample.emplace(sample, *negative);
  }
  bool linear = measured > 0 && anySample->first.looksLinear(anySample->second);
  if (positiveSample && negativeSample && negativeSample->first.orientation(positiveSample->second) < -kSure)
    if (auto between = vanishesBetween(positiveSample->first, negativeSample->first, positiveSample->second))
      return linear ? rankFault(*between, positiveSample->second, /*always=*/false)
                    : StructuralFault{"the determinant of its Jacobian is 0 for some parameters",
                                      "it has one sign for some parameters and the other for others"};
  if (measured > 20 && singular == measured)
    return linear ? rankFault(anySample->first, anySample->second, /*always=*/true)
                  : StructuralFault{"its Jacobian is singular, so that some outputs are never reached", ""};
  return std::nullopt;
}

std::optional<StructuralFault> refuteByCounting(LayerOp layer) {
  int64_t features = elementCount(layer.input());
  if (features > 4096)
    return std::nullopt;
  FailureOr<LayerStructure> structure = LayerStructure::propagated(layer);
  if (failed(structure))
    return std::nullopt;
  const ElementSets &outputs = structure->dependencies(layer.output());
  // Gives every output an input of its own, moving earlier ones on where that helps (Kuhn's matching).
  std::vector<int64_t> takenBy(features, -1);
  for (int64_t output = 0; output < features; ++output) {
    std::vector<bool> tried(features, false);
    std::function<bool(int64_t)> place = [&](int64_t candidate) {
      for (int64_t input : structure->elements(outputs[candidate])) {
        if (tried[input])
          continue;
        tried[input] = true;
        if (takenBy[input] < 0 || place(takenBy[input])) {
          takenBy[input] = candidate;
          return true;
        }
      }
      return false;
    };
    if (place(output))
      continue;
    // The search went over exactly the outputs that have too few inputs between them.
    std::set<int64_t> crowded{output};
    std::string inputs;
    for (int64_t input = 0; input < features; ++input)
      if (tried[input]) {
        crowded.insert(takenBy[input]);
        inputs += (inputs.empty() ? "" : ", ") + std::to_string(input);
      }
    std::string names;
    for (int64_t each : crowded)
      names += (names.empty() ? "" : ", ") + std::to_string(each);
    if (crowded.size() == 1)
      return StructuralFault{"output " + names + " depends on no input", ""};
    return StructuralFault{
        "outputs " + names + " depend on " + (crowded.size() == 2 ? "input " : "inputs ") + inputs + " alone", ""};
  }
  return std::nullopt;
}

} // namespace flowc::prove
