// SPDX-License-Identifier: MIT
//
// A structure is refuted for a reason, and the reason must be so at random points and parameters: outputs that see no other input, a
// Jacobian that is singular, or one whose determinant has both signs.

#include "tests/fuzz/Judge.h"
#include "tests/fuzz/LayerView.h"

#include <cctype>
#include <cmath>
#include <set>

namespace flowc::fuzz {
namespace {

using Real = long double;

/// The numbers of a text, in order.
std::vector<size_t> numbersIn(const std::string &text) {
  std::vector<size_t> numbers;
  for (size_t k = 0; k < text.size(); ++k)
    if (std::isdigit(static_cast<unsigned char>(text[k]))) {
      size_t end = k;
      numbers.push_back(std::stoul(text.substr(k), &end));
      k += end;
    }
  return numbers;
}

class StructureJudge {
public:
  explicit StructureJudge(LayerView &view) : view(view) {}

  /// Why the reason does not hold; empty if it does.
  std::string contradict(const std::string &reason) {
    auto says = [&](const char *words) { return reason.find(words) != std::string::npos; };
    if (says("depends on no input") || says(" alone"))
      return seesMore(reason);
    if (says("is singular"))
      return isRegularSomewhere();
    if (says("changes its sign"))
      return hasBothSigns() ? "" : "only one sign was found";
    if (says("is 0 for some parameters") || says("has no inverse for some parameters"))
      return vanishesForSome() ? "" : "no parameters were found";
    return "a reason that the judge does not know";
  }

private:
  /// "outputs 0, 2 depend on input 1 alone"
  std::string seesMore(const std::string &reason) {
    size_t verb = reason.find(" depend");
    std::vector<size_t> outputs = numbersIn(reason.substr(0, verb)), inputs = numbersIn(reason.substr(verb));
    std::set<size_t> allowed(inputs.begin(), inputs.end());
    if (outputs.size() <= allowed.size())
      return "there are as many inputs as outputs";
    for (int trial = 0; trial < 30; ++trial) {
      Spot spot = view.randomSpot();
      for (size_t j = 0; j < view.features(); ++j) {
        if (allowed.contains(j))
          continue;
        Numbers found = view.at(spot, j).result;
        for (size_t output : outputs)
          if (found[output].isReliable() && found[output].slope != 0)
            return "output " + std::to_string(output) + " moves with input " + std::to_string(j) + ", " + view.describe(spot);
      }
    }
    return "";
  }

  std::string isRegularSomewhere() {
    for (int trial = 0; trial < 60; ++trial) {
      Spot spot = view.randomSpot();
      if (Determinant found = view.determinant(spot); found.reliable && found.value != 0)
        return "regular, " + view.describe(spot);
    }
    return "";
  }

  /// Other inputs with the same parameters.
  Spot moved(const Spot &spot) {
    Spot other = view.randomSpot();
    other.raw = spot.raw;
    return other;
  }

  int signAt(const Spot &spot) {
    Determinant found = view.determinant(spot);
    return !found.reliable ? 0 : found.value > 0 ? 1 : -1;
  }

  bool hasBothSigns() {
    for (int trial = 0; trial < 600; ++trial) {
      Spot spot = view.randomSpot();
      int first = signAt(spot);
      for (int k = 0; k < 12; ++k)
        if (int sign = signAt(moved(spot)); sign != 0) {
          if (sign == -first)
            return true;
          first = sign;
        }
    }
    return false;
  }

  /// Between parameters with one sign and parameters with the other there are some with none: what is on both sides of the change is
  /// small, and does not jump.
  bool vanishesForSome() {
    for (int trial = 0; trial < 600; ++trial) {
      Spot one = view.randomSpot(), other = view.randomSpot();
      other.input = one.input;
      int first = signAt(one);
      if (first == 0 || signAt(other) != -first)
        continue;
      Real largest = std::max(std::abs(view.determinant(one).value), std::abs(view.determinant(other).value)), least = largest;
      for (int step = 0; step < 60; ++step) {
        Spot middle = one;
        for (size_t k = 0; k < middle.raw.size(); ++k)
          middle.raw[k] = (one.raw[k] + other.raw[k]) / 2;
        Determinant found = view.determinant(middle);
        least = std::min(least, std::abs(found.value));
        (found.value * first > 0 ? one : other) = middle;
      }
      if (least < 1e-7L * largest)
        return true;
    }
    return false;
  }

  LayerView &view;
};

} // namespace

std::string contradictStructure(LayerView &view, const std::string &reason) { return StructureJudge(view).contradict(reason); }

} // namespace flowc::fuzz
