// SPDX-License-Identifier: MIT

#include "SmtText.h"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace flowc::test {
namespace {

class Reader {
public:
  Reader(const std::string &text, const std::map<char, double> &names) : text(text), names(names) {}

  /// With `claimed`, comparisons have some slack; without, none.
  bool condition(bool claimed) {
    expect('(');
    std::string op = word();
    bool result;
    if (op == "not") {
      result = !condition(!claimed);
    } else if (op == "=>") {
      bool given = condition(!claimed), then = condition(claimed);
      result = !given || then;
    } else if (op == "and" || op == "or") {
      result = op == "and";
      while (peek() != ')') {
        bool next = condition(claimed);
        result = op == "and" ? result && next : result || next;
      }
    } else {
      result = comparison(op, claimed);
    }
    expect(')');
    return result;
  }

  double number() {
    if (peek() != '(') {
      std::string name = word();
      return std::isalpha(name[0]) ? names.at(name[0]) : std::stod(name);
    }
    expect('(');
    std::string op = word();
    if (op == "ite") {
      bool chosen = condition(false);
      double then = number(), otherwise = number();
      expect(')');
      return chosen ? then : otherwise;
    }
    double total = number();
    bool alone = true;
    while (peek() != ')') {
      double next = number();
      alone = false;
      total = op == "+" ? total + next : op == "-" ? total - next : op == "*" ? total * next : total / next;
      scale = std::max(scale, std::abs(next));
    }
    expect(')');
    scale = std::max(scale, std::abs(total));
    return alone && op == "-" ? -total : total;
  }

private:
  bool comparison(const std::string &op, bool claimed) {
    scale = 1e-3;
    std::vector<double> values;
    while (peek() != ')')
      values.push_back(number());
    for (double v : values)
      scale = std::max(scale, std::abs(v));
    double slack = claimed ? 1e-10 * scale : 0;
    bool result = true;
    for (size_t k = 0; k + 1 < values.size(); ++k) {
      double ahead = values[k + 1] - values[k];
      if (op == "=")
        result &= std::abs(ahead) <= slack;
      else if (op == "<" || op == "<=")
        result &= ahead >= -slack && (claimed || op == "<=" || ahead != 0);
      else if (op == ">" || op == ">=")
        result &= ahead <= slack && (claimed || op == ">=" || ahead != 0);
      else
        throw std::runtime_error("no operator of lemmas: " + op);
    }
    return result;
  }

  char peek() {
    while (position < text.size() && text[position] == ' ')
      ++position;
    return position < text.size() ? text[position] : '\0';
  }
  void expect(char wanted) {
    if (peek() != wanted)
      throw std::runtime_error("malformed: " + text);
    ++position;
  }
  std::string word() {
    peek();
    size_t begin = position;
    while (position < text.size() && std::string(" ()").find(text[position]) == std::string::npos)
      ++position;
    return text.substr(begin, position - begin);
  }

  const std::string &text;
  const std::map<char, double> &names;
  size_t position = 0;
  double scale = 0;
};

} // namespace

bool holds(const std::string &text, const std::map<char, double> &names) { return Reader(text, names).condition(true); }

double valueOf(const std::string &text, const std::map<char, double> &names) { return Reader(text, names).number(); }

} // namespace flowc::test
