// SPDX-License-Identifier: MIT
//
// The grammar: random formulas, formulas that are monotone by construction, and layers around them.

#include "tests/fuzz/Program.h"

#include <fmt/format.h>
#include <random>

namespace flowc::fuzz {
namespace {

/// What a formula is known to be: enough to keep functions inside of their domains most of the time.
enum class Sign { Any, Positive, Unit };

class Generator {
public:
  explicit Generator(uint64_t seed) : engine(seed * 0x9E3779B97F4A7C15u + 1) {}

  Program program() {
    switch (below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return scalar("monotone", true);
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return scalar("arbitrary", false);
    case 12:
      return critical();
    case 13:
      return pieces();
    case 14:
    case 15:
      return coupling();
    case 16:
      return peeking();
    case 17:
      return elementwise();
    case 18:
      return base();
    case 19:
      return stack();
    case 20:
    case 21:
      takeContext();
      return coupling();
    case 22:
      takeContext();
      return elementwise();
    default:
      takeContext();
      return stack();
    }
  }

private:
  int below(int n) { return static_cast<int>(engine() % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <size_t n> std::string pick(const char *const (&of)[n]) { return of[below(n)]; }

  static Tree leaf(std::string text) { return {std::move(text), {}}; }
  static Tree call(std::string head, Tree a) { return {std::move(head), {std::move(a)}}; }
  static Tree call(std::string head, Tree a, Tree b) { return {std::move(head), {std::move(a), std::move(b)}}; }

  Tree number() {
    if (chance(6))
      return leaf(pick({"800", "1000", "0.001", "1e-6", "20", "-30", "-700"}));
    return leaf(pick({"1", "2", "0.5", "3", "-1", "0.1", "0.25", "1.5", "pi", "-2", "0", "4", "0.9"}));
  }
  Tree positiveNumber() {
    if (chance(4))
      return leaf(pick({"800", "1000", "0.001", "1e-6", "20", "40"}));
    return leaf(pick({"1", "2", "0.5", "3", "0.1", "0.25", "1.5", "pi", "4", "0.9"}));
  }

  /// A new parameter, or one that is there.
  Tree parameter(const std::string &domain) {
    static const char *names[] = {"a", "b", "c", "d", "e", "g"};
    for (const DeclaredParameter &known : made.parameters)
      if (known.domain == domain && chance(40))
        return leaf(known.name);
    if (made.parameters.size() == 6)
      return domain == "real" ? number() : leaf("0.5");
    made.parameters.push_back({names[made.parameters.size()], domain});
    return leaf(made.parameters.back().name);
  }
  /// Samples are given something, which formulas of layers may speak of.
  void takeContext() { made.context = pick({"real[2]", "positive[1]", "unit[3]", "bounded(-1, 3)[2]", "label[3]"}); }
  Tree fromContext() { return leaf(pick({"context[0]", "context[0]", "sum(context)"})); }

  Tree anyParameter() {
    if (inLayer && !made.context.empty() && chance(30))
      return fromContext();
    return parameter(pick({"real", "real", "positive", "unit", "bounded(2)", "bounded(-1, 3)", "bounded(1, 2)"}));
  }

  Tree positiveScalar() {
    switch (below(6)) {
    case 0:
      return positiveNumber();
    case 1:
      return call("exp", anyParameter());
    case 2:
      return call("softplus", anyParameter());
    case 3:
      return inLayer && made.context.starts_with("positive") && chance(50) ? fromContext() : parameter("unit");
    case 4:
      return call("+", call("square", anyParameter()), positiveNumber());
    default:
      return parameter("positive");
    }
  }

  //===- monotone by construction -------------------------------------------------------------------------------===//

  /// A strictly increasing formula of `unknown`, which lies in `domain`; `sign` gets what is known of it.
  Tree increasing(int depth, Sign domain, Sign &sign) {
    if (depth == 0) {
      sign = domain;
      return leaf(unknown);
    }
    Sign inner, other;
    switch (below(13)) {
    case 0: {
      Tree a = increasing(depth - 1, domain, inner);
      sign = inner == Sign::Any ? Sign::Any : Sign::Positive;
      return call("*", positiveScalar(), std::move(a));
    }
    case 1: {
      Tree a = increasing(depth - 1, domain, inner);
      sign = Sign::Any;
      return call("+", std::move(a), chance(50) ? anyParameter() : number());
    }
    case 2:
    case 3: {
      Tree a = increasing(depth - 1, domain, inner), b = increasing(below(depth), domain, other);
      sign = inner == Sign::Any || other == Sign::Any ? Sign::Any : Sign::Positive;
      return call("+", std::move(a), std::move(b));
    }
    case 4: {
      // A ripple that is not strong enough to turn it around.
      sign = Sign::Any;
      Tree amplitude = chance(50) ? parameter("unit") : leaf(pick({"0.5", "0.9", "0.99"}));
      return call("+", leaf(unknown),
                  call("*", std::move(amplitude), call(pick({"sin", "cos", "tanh", "atan"}), leaf(unknown))));
    }
    case 5: {
      Tree a = increasing(depth - 1, domain, inner);
      sign = Sign::Any;
      return call(pick({"max", "min"}), std::move(a), increasing(below(depth), domain, other));
    }
    case 6: {
      // -g(-x)
      sign = Sign::Any;
      return call("-",
                  call(pick({"exp", "softplus", "sinh", "expm1"}), call("-", increasing(depth - 1, domain, inner))));
    }
    case 7: {
      // Two pieces that meet where they change.
      Tree at = chance(50) ? number() : anyParameter(), shifted = call("-", leaf(unknown), at);
      Tree left = call("*", positiveScalar(), shifted), right = call("*", positiveScalar(), shifted);
      sign = Sign::Any;
      return {"where", {call(pick({">", ">=", "<", "<="}), leaf(unknown), at), std::move(left), std::move(right)}};
    }
    case 8: {
      // A quotient of positive numbers that grows.
      Tree a = call("exp", increasing(depth - 1, domain, inner));
      sign = Sign::Unit;
      return call("/", a, call("+", a, positiveScalar()));
    }
    case 9: {
      Tree a = increasing(depth - 1, domain, inner);
      sign = Sign::Any;
      return call("+", call("cube", std::move(a)), call("*", positiveScalar(), leaf(unknown)));
    }
    default: {
      Tree a = increasing(depth - 1, domain, inner);
      if (inner == Sign::Unit && chance(60)) {
        sign = Sign::Any;
        return call(pick({"logit", "atanh", "normal_quantile"}), std::move(a));
      }
      if (inner != Sign::Any && chance(60)) {
        std::string g = pick({"log", "sqrt", "log1p", "softplus_inverse", "square", "cube", "cosh", "cbrt"});
        bool positive = g == "sqrt" || g == "log1p" || g == "square" || g == "cube" || g == "cosh" || g == "cbrt";
        sign = positive ? Sign::Positive : Sign::Any;
        if (g == "square" && chance(50))
          return call("^", std::move(a), positiveScalar());
        return call(g, std::move(a));
      }
      std::string g =
          pick({"exp", "expm1", "tanh", "sigmoid", "softplus", "sinh", "asinh", "atan", "erf", "normal_cdf"});
      bool unit = g == "sigmoid" || g == "normal_cdf";
      sign = unit ? Sign::Unit : g == "exp" || g == "softplus" ? Sign::Positive : Sign::Any;
      return call(g, std::move(a));
    }
    }
  }

  //===- arbitrary ----------------------------------------------------------------------------------------------===//

  Tree arbitrary(int depth) {
    if (depth == 0)
      return chance(60) ? leaf(unknown) : chance(60) ? anyParameter() : number();
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
      return call(pick({"+", "+", "-", "*", "*", "/"}), arbitrary(depth - 1), arbitrary(below(depth)));
    case 3:
      return call("*", chance(50) ? positiveScalar() : anyParameter(), arbitrary(depth - 1));
    case 4:
      return call(pick({"max", "min"}), arbitrary(depth - 1), arbitrary(below(depth)));
    case 5:
      return {"where",
              {call(pick({">", ">=", "<", "<="}), leaf(unknown), chance(60) ? number() : anyParameter()),
               arbitrary(below(depth)), arbitrary(below(depth))}};
    case 6:
      return call("^", arbitrary(depth - 1), leaf(pick({"2", "3", "5", "-1", "0.5", "1.5", "4"})));
    case 7:
      return call(pick({"log", "sqrt", "log1p", "logit", "atanh", "softplus_inverse", "normal_quantile", "-"}),
                  arbitrary(depth - 1));
    case 8:
      return call("+", leaf(unknown), arbitrary(depth - 1));
    default:
      return call(pick({"exp", "expm1", "tanh", "sigmoid", "softplus", "sinh", "cosh", "asinh", "atan", "erf",
                        "normal_cdf", "sin", "cos", "abs", "square", "cube", "cbrt"}),
                  arbitrary(depth - 1));
    }
  }

  Program &finishScalar(const std::string &domain) {
    made.definition = fmt::format("bijection f(x{}$parameters) = $0", domain == "real" ? "" : ": " + domain);
    made.domain = domain;
    made.alone = chance(50);
    return made;
  }

  Program scalar(const std::string &kind, bool monotone) {
    made.kind = kind;
    std::string domain = pick({"real", "real", "real", "positive", "unit"});
    Sign sign, from = domain == "real" ? Sign::Any : domain == "unit" ? Sign::Unit : Sign::Positive;
    made.formulas = {monotone ? increasing(1 + below(4), from, sign) : arbitrary(1 + below(4))};
    made.monotoneByConstruction = monotone;
    finishScalar(domain);
    if (chance(15))
      made.items = "inverse(f)", made.alone = false;
    if (domain == "unit" && chance(40))
      made.base = "uniform";
    return made;
  }

  /// Formulas on the edge: a coefficient that is exactly critical, or one step beside it.
  Program critical() {
    made.kind = "critical";
    std::string factor = pick({"1", "1", "0.999999", "1.000001", "0.5", "2"});
    const char *shapes[] = {"x + K * sin(x)",
                            "x + K * cos(x)",
                            "K * x - tanh(x)",
                            "x * x * x - 3 * x * K + 3 * x",
                            "K * x - atan(x)",
                            "cube(x) + (K - 1) * x",
                            "exp(x) - K * x",
                            "K * x - asinh(x)",
                            "sinh(x) - K * x",
                            "2 * x - K * abs(x)",
                            "x + K * abs(x)",
                            "softplus(x) - K * sigmoid(x)",
                            "x + K * max(x, 0)",
                            "x - K * max(x, 0)",
                            "x - K * softplus(x)",
                            "x + K * exp(-x)",
                            "K * x + sin(2 * x) / 2",
                            "x + a * sin(x) * K",
                            "x + a * tanh(x) * K",
                            "a * x - K * a * tanh(x)",
                            "x + K * square(x) / (1 + square(x))",
                            "(a - b * K) * x",
                            "square(a - b * K) * x + K * x - x",
                            "log(exp(x) + K) - x / K",
                            "x + a * b * sin(x / (a * b * K))",
                            "x + c * log1p(square(x)) * K"};
    std::string text = shapes[below(std::size(shapes))];
    for (size_t at; (at = text.find('K')) != std::string::npos;)
      text.replace(at, 1, factor);
    made.parameters = {
        {"a", pick({"unit", "positive", "bounded(1)"})}, {"b", pick({"unit", "positive"})}, {"c", "unit"}};
    made.formulas = {leaf(text)};
    std::string declared;
    for (const DeclaredParameter &parameter : made.parameters)
      declared += (declared.empty() ? "; " : ", ") + parameter.name + ": " + parameter.domain;
    made.definition = "bijection f(x" + declared + ") = $0";
    made.alone = chance(50);
    return made;
  }

  /// Pieces that meet, or do not.
  Program pieces() {
    made.kind = "pieces";
    Tree at = chance(50) ? number() : parameter("real"), shifted = call("-", leaf("x"), at);
    auto piece = [&]() -> Tree {
      std::string g = pick({"sinh", "tanh", "expm1", "atan", "asinh", "softplus", "cube", "square", "exp", ""});
      return call("*", positiveScalar(), g.empty() ? shifted : call(g, shifted));
    };
    Tree left = piece(), right = piece();
    if (chance(20))
      right = call("+", std::move(right), number());
    made.formulas = {{"where",
                      {call(pick({">", ">=", "<", "<="}), chance(80) ? leaf("x") : call("*", leaf("2"), leaf("x")), at),
                       std::move(left), std::move(right)}}};
    return finishScalar("real");
  }

  //===- layers -------------------------------------------------------------------------------------------------===//

  std::string network() {
    if (!made.context.empty()) // (`linear` sees no context.)
      return pick({"mlp(hidden = [4])", "mlp(hidden = [3], activation = tanh)", "mlp(hidden = [3], given = context[:1])"});
    return pick({"linear", "mlp(hidden = [4])", "mlp(hidden = [3, 3], activation = tanh)",
                 "mlp(hidden = [4], activation = silu)", "residual_mlp(width = 4, blocks = 1)"});
  }
  std::string mask() {
    made.features = 1 + below(4);
    return pick({"half", "alternate", "swap(half)", "swap(alternate)", "random(3)", "random(8)", "[0]", "[1]"});
  }

  /// The formulas of layers declare their parameters in the body.
  std::string declarations(const std::string &size) {
    std::string text;
    for (const DeclaredParameter &parameter : made.parameters)
      text += fmt::format("  param {}: {}{}\n", parameter.name, parameter.domain, size);
    return text;
  }

  Program coupling() {
    made.kind = made.context.empty() ? "coupling" : "given coupling";
    inLayer = true;
    std::string where = mask(), net = network();
    unknown = "v";
    made.monotoneByConstruction = chance(60);
    Sign sign;
    Tree formula = made.monotoneByConstruction ? increasing(1 + below(3), Sign::Any, sign) : arbitrary(1 + below(3));
    // Some of the parameters come from the network, some are the layer's own.
    std::string steering = pick({"v + s", "v * exp(s)", "v * exp(bounded(s, 2)) + t", "sinh(v) + v * softplus(s)",
                                 "v + sigmoid(s) * sin(v)", "v * s", "v + s * sin(v)", "v * (1 + square(s))",
                                 "v + tanh(s) * tanh(v)", "v + cube(v) * abs(s)"});
    made.formulas = {std::move(formula), leaf(steering)};
    made.monotoneByConstruction &= steering != "v * s" && steering != "v + s * sin(v)";
    made.definition = fmt::format(
        "layer f(x) {{\n  u, w = split(x, {})\n{}  s, t = {}\n  v = w\n  v = $1\n  return merge({}, u, $0)\n}}", where,
        declarations("[len(w)]"), networkCall(net, "u", "[len(w), len(w)]"), where);
    return made;
  }

  static std::string networkCall(const std::string &net, const std::string &input, const std::string &sizes) {
    size_t open = net.find('(');
    if (open == std::string::npos)
      return net + "(" + input + ", " + sizes + ")";
    return net.substr(0, open) + "(" + input + ", " + sizes + ", " + net.substr(open + 1);
  }

  /// Outputs that depend on themselves through a network, or on each other; and such that only look as if.
  Program peeking() {
    made.kind = "peeking";
    made.features = 1 + below(4);
    std::string net = network();
    const char *bodies[] = {
        "return x + NET(x, len(x))",
        "return x * exp(tanh(NET(x, len(x))))",
        "a, b = split(x, half)\n  return merge(half, a + NET(b, len(a)), b + NET(a, len(b)))",
        "a, b = split(x, half)\n  c = a + NET(b, len(a))\n  return merge(half, c, b + NET(c, len(b)))",
        "a, b = split(x, half)\n  c = a + NET(b, len(a))\n  return merge(half, c, b + NET(a, len(b)))",
        "m = sum(x) / len(x)\n  return x + m",
        "s = NET(x[0:1], 1)\n  return concat(x[0:1], x[1:len(x)] * exp(s[0]))",
        "s = NET(x[1:len(x)], 1)\n  return concat(x[0:1] + s, x[1:len(x)])",
        "y = concat(x[0:1], x[1:len(x)] + x[0])\n  return reverse(y)",
        "a, b = split(x, alternate)\n  s = NET(a, len(b))\n  return merge(alternate, a, b + s * sin(b))",
        "a, b = split(x, alternate)\n  s = NET(a, len(b))\n  return merge(alternate, b + s[0:1] * 0, a)",
        "param w: simplex[1]\n  return x * (1 - w[0])",
        "param w: simplex[3]\n  return x * (1 - w[0]) + w[1]",
        "param w: ordered[3]\n  return x * (w[2] - w[0])",
        "param w: ordered[2]\n  return x * (w[1] - w[0]) + w[0]",
        "param w: real[len(x), len(x)]\n  return matvec(w, x)",
        "return x + softmax(x)",
        "param p: unit[len(x)]\n  s = NET(x[0:1], len(x))\n  return concat(x[0:1], wavy(x[1:len(x)]; s[1:len(x)]))",
        "s = NET(x[0:1], 1)\n  return concat(x[0:1], sinh_arcsinh(x[1:len(x)]; s[0], 0.5))",
    };
    std::string body = bodies[below(std::size(bodies))];
    for (size_t at; (at = body.find("NET(")) != std::string::npos;) {
      size_t end = body.find(')', body.find(',', at));
      int open = 0;
      for (end = at + 3; end < body.size(); ++end)
        if ((open += body[end] == '(' ? 1 : body[end] == ')' ? -1 : 0) == 0)
          break;
      size_t comma = body.find(", ", at);
      body.replace(at, end + 1 - at,
                   networkCall(net, body.substr(at + 4, comma - at - 4), body.substr(comma + 2, end - comma - 2)));
    }
    made.definition = "layer f(x) {\n  " + body + "\n}";
    made.alone = chance(50);
    return made;
  }

  Program elementwise() {
    made.kind = made.context.empty() ? "elementwise" : "given elementwise";
    inLayer = true;
    made.features = 1 + below(3);
    made.monotoneByConstruction = chance(60);
    Sign sign;
    made.formulas = {made.monotoneByConstruction ? increasing(1 + below(3), Sign::Any, sign) : arbitrary(1 + below(4))};
    std::string moved = made.context.empty() ? "$0" : pick({"$0 + context[0]", "($0) * exp(-sum(context))", "context[0] - ($0)"});
    made.definition = "layer f(x) {\n" + declarations(chance(70) ? "[len(x)]" : "") + "  return " + moved + "\n}";
    if (chance(30))
      made.definition = "generative " + made.definition;
    made.alone = chance(30);
    return made;
  }

  Program base() {
    made.kind = "base";
    Sign sign;
    Tree inner = increasing(below(3), Sign::Any, sign);
    std::string shape = pick({"sigmoid", "normal_cdf", "tanh", "erf", "atan", "half", "laplace"});
    Tree half = leaf("0.5");
    Tree formula;
    if (shape == "laplace")
      formula = {"where",
                 {call("<", inner, leaf("0")), call("/", call("exp", call("min", inner, leaf("0"))), leaf("2")),
                  call("-", leaf("1"), call("/", call("exp", call("-", call("max", inner, leaf("0")))), leaf("2")))}};
    else if (shape == "atan")
      formula = call("+", half, call("/", call("atan", inner), leaf("pi")));
    else if (shape == "half")
      formula = call("*", half, call("+", call("sigmoid", inner), call(pick({"normal_cdf", "sigmoid", "erf"}), inner)));
    else
      formula = shape == "sigmoid" || shape == "normal_cdf"
                    ? call(shape, inner)
                    : call("+", half, call("*", chance(80) ? half : number(), call(shape, inner)));
    made.formulas = {std::move(formula)};
    made.definition = "bijection f(x$parameters) = $0";
    made.items = chance(50) ? "scale" : "affine";
    made.base = "f";
    return made;
  }

  Program stack() {
    made.kind = made.context.empty() ? "stack" : "given stack";
    made.features = 1 + below(3);
    Sign sign;
    made.formulas = {increasing(1 + below(2), Sign::Any, sign)};
    made.definition = "bijection f(x$parameters) = $0";
    made.items.clear();
    std::string domain = "real";
    for (int count = 1 + below(4); count > 0; --count) {
      std::string item;
      if (domain == "real")
        item = pick({"f", "affine", "reverse", "squash", "soften", "wavy", "inverse(cubic)", "actnorm",
                     "additive_coupling(net = mlp(hidden = [3]))", "affine_coupling(net = mlp(hidden = [3]))",
                     "sinh_arcsinh", "leaky_relu", "inverse(log_transform)"});
      else
        item = domain == "unit" ? pick({"unsquash", "inverse(squash)", "reverse"})
                                : pick({"log_transform", "inverse(soften)", "reverse"});
      if (item == "squash")
        domain = "unit";
      else if (item == "soften" || item == "inverse(log_transform)")
        domain = "positive";
      else if (item != "reverse")
        domain = "real";
      made.items += (made.items.empty() ? "" : "; ") + item;
    }
    if (!made.context.empty() && domain == "real")
      made.items += "; " + pick({"conditional_affine(net = mlp(hidden = [3], given = []))", "affine(shift = context[0])"});
    made.base = domain == "unit" ? "uniform" : "normal";
    return made;
  }

  std::mt19937_64 engine;
  std::string unknown = "x";
  bool inLayer = false;
  Program made;
};

} // namespace

Program generate(uint64_t seed) { return Generator(seed).program(); }

} // namespace flowc::fuzz
