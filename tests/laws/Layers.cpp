// SPDX-License-Identifier: MIT

#include "tests/laws/Layers.h"

namespace flowc::laws {
namespace {

/// Bases for layers that do not map onto all reals: distributions on what they do map onto.
const std::string onPositive = "sigmoid(log(z))", onUnit = "z", onBall = "(z + 1) / 2",
                  onAboveMinusOne = "sigmoid(log1p(z))", onAngles = "z / pi + 0.5";

/// y = f(x).
LayerCase row(const std::string &function, double low, double high, const std::string &domain = "", double slack = 1,
              const std::string &base = "") {
  std::string parameter = domain.empty() ? "x" : "x: " + domain;
  return {"row " + function, "bijection row(" + parameter + ") = " + function + "(x)", "row", low, high, slack, base, domain.empty() ? "real" : domain};
}

LayerCase prelude(const std::string &items, double low = -3, double high = 3, double slack = 1,
                  const std::string &base = "") {
  return {items, "", items, low, high, slack, base};
}

/// A contraction: its fixed point is as exact as its distance from 1 lets it be.
LayerCase contraction(const std::string &name, const std::string &definitions = "", const std::string &items = "") {
  return {name, definitions, items.empty() ? name : items, -3, 3, 20};
}

/// A layer of images.
LayerCase image(const std::string &items, std::vector<std::array<int, 3>> images, const std::string &definitions = "") {
  return {items, definitions, items, -3, 3, 1, "", "real", 65, std::move(images)};
}

/// A function with no inverse of its own, as a part of a monotone formula.
LayerCase part(const std::string &name, const std::string &formula, double low = -3, double high = 3) {
  return {name, "bijection part(x) = " + formula, "part", low, high, 1};
}

} // namespace

const std::vector<LayerCase> &layerCases() {
  static const std::vector<LayerCase> cases = {
      row("exp", -3, 3, "", 1, onPositive),
      row("log", 0.05, 8, "positive"),
      row("log1p", 0.05, 8, "positive", 1, onPositive),
      row("expm1", -3, 3, "", 1, onAboveMinusOne),
      row("sqrt", 0.1, 9, "positive", 1, onPositive),
      row("tanh", -2, 2, "", 20, onBall),
      row("atanh", 0.02, 0.95, "unit", 4, onPositive),
      row("sigmoid", -3, 3, "", 10, onUnit),
      row("logit", 0.02, 0.98, "unit"),
      row("softplus", -3, 3, "", 10, onPositive),
      row("softplus_inverse", 0.05, 6, "positive"),
      row("sinh", -3, 3),
      row("asinh", -6, 6),
      row("atan", -3, 3, "", 10, onAngles),
      row("erf", -1.5, 1.5, "", 10, onBall),
      row("normal_cdf", -2.5, 2.5, "", 30, onUnit),
      row("normal_quantile", 0.02, 0.98, "unit"),
      row("square", 0.2, 3, "positive", 1, onPositive),
      row("cube", 0.3, 3, "positive", 1, onPositive),
      row("cbrt", 0.2, 3, "positive", 2, onPositive),
      row("abs", 0.2, 3, "positive", 1, onPositive),
      part("x + sin(x) / 2", "x + sin(x) / 2"),
      part("cos(x) / 2 - x", "cos(x) / 2 - x"),
      part("x + cosh(x) rises for x > 0", "2 * sinh(x) + x"),
      part("x + x^3", "x + x ^ 3"),
      part("x + tanh(x)", "x + tanh(x)"),
      part("-x - exp(x)", "-x - exp(x)"),
      part("x^1.5 on x > 0 with log", "x + exp(x / 2) - exp(-x)"),
      {"power", "bijection power(x: positive; p: positive) = x ^ p", "power", 0.2, 3, 10, onPositive, "positive"},
      prelude("affine"),
      prelude("affine(0.3, -1)"),
      prelude("additive"),
      prelude("scale"),
      prelude("leaky_relu"),
      prelude("leaky_relu(slope = 0.5)"),
      prelude("sinh_arcsinh"),
      prelude("wavy"),
      prelude("cubic"),
      prelude("inverse(cubic)"),
      prelude("squash", -3, 3, 10, onUnit),
      prelude("squash; unsquash", -3, 3, 30),
      prelude("soften; log_transform", -2, 3, 20),
      {"unsoften", "", "unsoften", 0.05, 6, 1, "", "positive"},
      {"interval_logit", "", "interval_logit(-0.07, 1.1)", 0, 1, 4, "", "bounded(-0.07, 1.1)"},
      {"interval_logit of (0, 1)", "", "interval_logit; affine", 0.02, 0.98, 4, "", "unit"},
      prelude("affine_coupling(net = mlp(hidden = [9, 7]))"),
      prelude("affine_coupling(mask = half, net = residual_mlp(width = 8, blocks = 1, activation = silu))"),
      prelude("affine_coupling(mask = random(3), net = mlp(hidden = [8], activation = gelu))"),
      prelude("inverse(affine_coupling(mask = swap(alternate), net = mlp(hidden = [8], activation = tanh)))"),
      prelude("additive_coupling(net = mlp(hidden = [8]))"),
      prelude("flow_pp"),
      prelude("flow_pp(k = 1)"),
      prelude("deep_sigmoid(k = 5)"),
      prelude("mixture_cdf(k = 3)", -2, 2, 20, onUnit),
      prelude("normal_mixture(k = 3)", -2, 2, 20, onUnit),
      prelude("sum_of_squares", -2, 2, 4),
      prelude("sum_of_squares(terms = 1, degree = 3)", -2, 2, 4),
      {"linear spline", "", "linear_spline(k = 5)", 0.02, 0.98, 4, onUnit, "unit"},
      {"quadratic spline", "", "quadratic_spline(k = 4)", 0.02, 0.98, 4, onUnit, "unit"},
      {"cubic spline", "", "cubic_spline(k = 5)", 0.02, 0.98, 10, onUnit, "unit"},
      prelude("box_linear(k = 5)", -4, 4, 4),
      prelude("box_quadratic(k = 4)", -4, 4, 4),
      prelude("box_cubic(k = 4)", -4, 4, 10),
      prelude("coupling(by = box_cubic(k = 4), net = mlp(hidden = [8]))", -4, 4, 10),
      prelude("coupling(by = flow_pp(k = 3), mask = half, net = mlp(hidden = [8], activation = tanh))"),
      prelude("autoregressive(by = deep_sigmoid(k = 4), net = made(hidden = [9]))"),
      prelude("autoregressive(by = sum_of_squares(degree = 1), net = made(hidden = [9], activation = tanh))", -2, 2, 4),
      prelude("autoregressive(by = rational_quadratic(k = 4), order = random(3), net = made(hidden = [9], activation = silu))", -4, 4, 4),
      {"circle", "", "rotate; circular_spline(k = 4); inverse(project); affine; project; base circular_uniform", -3.1, 3.1, 10, "", "circle"},
      {"torus", "", "repeat 2 { circular_coupling(by = circular_spline(k = 3), net = mlp(hidden = [8])) }; base circular_uniform", -3.1,
       3.1, 10, "", "circle"},
      prelude("rational_quadratic", -4, 4),
      prelude("rational_quadratic(bound = 2, k = 3)", -2.5, 2.5),
      prelude("mixture_coupling(net = mlp(hidden = [8]), components = 3)"),
      prelude("mixture_coupling(mask = half, net = mlp(hidden = [8], activation = tanh))"),
      prelude("spline_coupling(net = mlp(hidden = [8], activation = silu), bins = 5)", -4, 4),
      prelude("actnorm"),
      prelude("batch_norm"),
      prelude("repeat 2 { affine_coupling(net = mlp(hidden = [8])); batch_norm }"),
      prelude("permute(random(5))"),
      prelude("reverse"),
      prelude("repeat 3 { affine_coupling(net = mlp(hidden = [8])); actnorm; reverse }"),
      {"generative layer", "generative layer up(z) { return 2 * z + sin(z) / 2 }", "up", -3, 3, 1},
      {"coupling with a root",
       "layer bent(x) {\n a, b = split(x, half)\n s = linear(a, len(b))\n return merge(half, a, b + sigmoid(s) * "
       "sin(b) / 2)\n}",
       "bent", -3, 3, 1},
      prelude("maf(net = made(hidden = [9, 7]))"),
      prelude("maf(order = random(4), net = made(hidden = [16, 16], activation = silu, seed = 5))"),
      // Wide enough that a pass leaves out most of the zeros of its matrices.
      prelude("maf(order = random(9), net = made(hidden = [150, 120], seed = 2))"),
      prelude("maf(net = residual_made(width = 12, blocks = 2, activation = silu))"),
      prelude("maf(order = random(4), net = residual_made(width = 9, blocks = 1, activation = tanh, seed = 3)); reverse"),
      prelude("spline_maf(net = made(hidden = [9, 7], activation = silu), bins = 5)", -4, 4),
      prelude("naf(net = made(hidden = [12], activation = tanh), units = 3)"),
      prelude("inverse(naf(order = random(3), net = made(hidden = [8], seed = 2), units = 4))"),
      prelude("sos_maf(net = made(hidden = [8], activation = silu))", -2, 2, 4),
      prelude("linear_spline_coupling(net = mlp(hidden = [8], activation = silu), bins = 5)", -4, 4),
      prelude("maf_mog(net = made(hidden = [8]), components = 3)", -2, 2, 30, onUnit),
      prelude("iaf(net = made(hidden = [16]))"),
      prelude("repeat 2 as i { maf(order = random(i), net = made(hidden = [12], activation = tanh)); reverse }"),
      {"autoregressive with a root",
       "layer bent(x) {\n s = made(x, len(x), hidden = [8])\n return x + sigmoid(s) * sin(x) / 2\n}", "bent", -3, 3, 1},
      {"composition of couplings",
       "layer chain(x) {\n x = affine_coupling(x; mask = half, net = mlp(hidden = [7]))\n x = affine(reverse(x); 0.2, "
       "1)\n"
       " a, b = split(x, alternate)\n b = b * exp(tanh(linear(a, len(b))))\n a = a + linear(b, len(a))\n x = "
       "merge(alternate, a, b)\n"
       " return concat(x[0] + sin(x[0]) / 2, x[1:])\n}",
       "chain; inverse(chain)", -3, 3, 4},
      {"roots between couplings",
       "layer sandwich(x) {\n a, b = split(x, alternate)\n y = merge(alternate, a, b + linear(a, len(b)))\n y = y + sin(y) / 2\n"
       " c, d = split(y, alternate)\n return merge(alternate, c + linear(d, len(c)), d)\n}",
       "sandwich", -3, 3, 4},
      prelude("sylvester"),
      prelude("planar", -3, 3, 30),
      prelude("inverse(planar)", -3, 3, 30),
      prelude("planar(activation = sigmoid)", -3, 3, 10),
      prelude("planar(activation = atan)", -3, 3, 30),
      prelude("radial", -3, 3, 10),
      prelude("inverse(radial)", -3, 3, 10),
      prelude("householder"),
      prelude("orthogonal; inverse(orthogonal)"),
      prelude("lu_linear"),
      prelude("inverse(lu_linear)"),
      prelude("repeat 2 as i { lu_linear(random(i)); reverse }"),
      // Every order in which a matrix can be triangular, with and without a diagonal of its own.
      {"triangular matrix",
       "layer triangle(x) {\n param w: positive[len(x), len(x)], b: real[len(x)]\n return reverse(matvec(lower(w), x)) + b\n}",
       "triangle; inverse(triangle)", -3, 3, 30},
      {"matrix triangular in some order",
       "layer mixed(x) {\n param w: real[len(x), len(x)] ~ normal(0.5 / len(x))\n place = permute(range(len(x)), random(7))\n"
       " return 2 * x + matvec(causal(w, place - 1, place), x - 1)\n}",
       "mixed; inverse(mixed)", -3, 3, 3},
      {"matrix of permuted features",
       "layer mixed(x) {\n param w: real[len(x), len(x)] ~ normal(0.5 / len(x)), s: positive[len(x)]\n z = -permute(x, random(4)) / s\n"
       " return z - matvec(upper(w, 1), z) * s\n}",
       "mixed; inverse(mixed)", -3, 3, 10},
      prelude("repeat 3 { planar; householder; radial }", -3, 3, 300),
      contraction("residual(net = contraction(hidden = [8]))"),
      contraction("inverse(residual(net = contraction(hidden = [8], activation = tanh)))"),
      contraction("residual(net = contraction(hidden = [6, 5], activation = softplus)); reverse; inverse(residual(net = "
                  "contraction(hidden = [6])))"),
      contraction("residual(net = contraction(hidden = [7, 5], activation = lip_swish)); residual(net = contraction(hidden = [], bound = 0.7))"),
      contraction("residual by Frobenius' norm", "layer by_norm(x) {\n param w: norm(0.9)[len(x), len(x)] ~ normal(1)\n"
                                                 " return x - matvec(w, gelu(x)) / 1.2\n}",
                  "by_norm"),
      contraction("difference", "layer difference(x) { return x + tanh(x) / 3 - lipschitz_linear(sin(x), len(x), 0.6) }"),
      image("affine_coupling(mask = checkerboard, net = conv_net(hidden = [3]))", {{1, 1, 1}, {1, 2, 3}, {2, 3, 3}, {3, 4, 4}, {1, 5, 13}}),
      image("repeat 2 { affine_coupling(mask = channels, net = conv_net(mask = channels, hidden = [4, 3], kernel = 1)) }",
            {{1, 2, 2}, {2, 1, 3}, {3, 2, 2}}),
      // An even kernel, and one that is larger than the image.
      image("additive_coupling(mask = checkerboard, net = conv_net(hidden = [2], kernel = 2, activation = tanh))", {{2, 3, 2}}),
      image("inverse(additive_coupling(mask = checkerboard, net = conv_net(hidden = [], kernel = 5)))", {{1, 2, 3}}),
      image("mixture_coupling(mask = checkerboard, net = conv_net(hidden = [3]), components = 2)", {{2, 2, 3}}),
      image("squeeze; affine_coupling(mask = channels([4, 2, 3]), net = conv_net(mask = channels([4, 2, 3]), shape = [4, 2, 3], hidden = "
            "[3])); inverse(squeeze)",
            {{1, 4, 6}}),
      image("conv_maf(net = conv_made(hidden = [5]))", {{1, 1, 1}, {1, 2, 3}, {2, 3, 3}, {3, 4, 4}}),
      image("inverse(conv_maf(net = conv_made(hidden = [4, 4], kernel = 5, activation = tanh)))", {{2, 3, 4}}),
      image("conv_linear", {{1, 1, 1}, {1, 2, 3}, {3, 1, 1}, {3, 4, 4}, {5, 1, 13}}),
      image("inverse(conv_linear(order = random(2)))", {{4, 2, 2}}),
      // One triangle alone, in an order that is not that of memory.
      image("mixed; inverse(mixed)", {{3, 2, 2}, {4, 1, 3}},
            "layer mixed(x) {\n c = event[0]\n param w: real[c, c] ~ normal(0.5), s: positive[c, 1]\n n = positions(event)\n"
            " place = permute(range(c), random(7))\n"
            " return matvec(s, cycle([1], n), n) * x - 2 * matvec(causal(w, place - 1, place), x + 1, n)\n}"),
      // With a context: in the networks, in formulas and roots, beside a matrix and in its diagonal, in a torn layer.
      prelude("context real[3]; affine_coupling(net = mlp(hidden = [9, 7]))"),
      prelude("context real[1]; affine_coupling(mask = half, net = residual_mlp(width = 8, blocks = 1, activation = silu)); actnorm"),
      prelude("context label[3]; spline_coupling(net = mlp(hidden = [8], activation = silu), bins = 5)", -4, 4),
      prelude("context unit[2]; mixture_coupling(net = mlp(hidden = [8]), components = 3)"),
      prelude("context real[3]; maf(net = made(hidden = [16, 9], activation = tanh))"),
      prelude("context label[4]; maf(order = random(4), net = residual_made(width = 12, blocks = 1, activation = silu, seed = 3))"),
      prelude("context positive[1]; repeat 2 { iaf(net = made(hidden = [12])); reverse }"),
      prelude("context real[1]; conditional_affine(net = mlp(given = [], hidden = [8]))"),
      prelude("context label[2]; inverse(conditional_affine(net = linear))"),
      {"context in a root", "layer bent(x) { return wavy(x; unit(linear(context, len(x)))) + context[0] }", "context real[3]; bent"},
      {"context beside a matrix",
       "layer triangle(x) {\n param w: real[len(x), len(x)] ~ normal(0.5 / len(x))\n"
       " return 2 * x + matvec(lower(w, -1), x) + linear(context, len(x))\n}",
       "context real[2]; triangle; inverse(triangle)", -3, 3, 3},
      {"context in a diagonal",
       "layer triangle(x) {\n param w: real[len(x), len(x)] ~ normal(0.5 / len(x))\n"
       " return exp(tanh(linear(context, len(x)))) * x + matvec(lower(w, -1), x)\n}",
       "context real[2]; triangle; inverse(triangle)", -3, 3, 30},
      {"context in a planar layer",
       "layer moved(x) {\n param u: positive[len(x)], w: positive[len(x)]\n"
       " return x + u / len(x) * tanh(dot(w, x) + sum(context)) * sigmoid(context[0])\n}",
       "context bounded(-1, 2)[3]; moved; inverse(moved)", -3, 3, 30},
      {"context embedded once for a chain of maps",
       "layer chain(x) {\n e = tanh(linear(context, 5))\n a, b = split(x, half)\n"
       " x = merge(half, a, b * exp(tanh(linear(concat(a, e), len(b)))) + linear(e, len(b)))\n c, d = split(x, swap(half))\n"
       " x = merge(swap(half), c, d + linear(concat(c, e), len(d)))\n return x * exp(e[0])\n}",
       "context real[3]; chain; inverse(chain)", -3, 3, 4},
      {"context in a radial layer",
       "layer pulled(x) {\n e = positive(linear(context, 1))[0]\n param far: positive\n d = x - context[0]\n r = sqrt(dot(d, d))\n"
       " return context[0] + d * ((r + far) / (r + e))\n}",
       "context real[1]; pulled; inverse(pulled)", -3, 3, 10},
      contraction("context real[2]; residual(net = contraction(hidden = [8]))"),
      image("context label[3]; affine_coupling(mask = checkerboard, net = conv_net(hidden = [3]))", {{1, 2, 3}, {2, 3, 3}}),
      image("context real[2]; conv_maf(net = conv_made(hidden = [5]))", {{1, 1, 1}, {1, 2, 3}, {2, 3, 3}}),
      {"base logistic", "", "affine; base logistic", -3, 3, 1},
      {"base uniform", "", "squash; base uniform", -3, 3, 10},
      {"base mixture_cdf", "", "affine; base mixture_cdf(k = 3)", -2, 2, 20},
      {"base scaled_normal", "", "affine; base scaled_normal", -3, 3, 1},
      {"base heavy_tailed", "", "affine; base heavy_tailed", -3, 3, 1},
      {"base cauchy", "", "affine; base cauchy", -3, 3, 1},
      {"base student_t", "", "affine; base student_t(nu = 6)", -3, 3, 1},
      {"base full_normal", "", "affine; base full_normal", -3, 3, 1},
      {"base diagonal_mixture", "", "affine; base diagonal_mixture(components = 3)", -3, 3, 1, "", "real", 7},
      prelude("scaled_normal", -2, 2, 30, onUnit),
      prelude("full_normal", -1, 1, 30, onUnit),
      prelude("student_t", -3, 3, 30, onUnit),
      prelude("student_t(nu = 2)", -3, 3, 30, onUnit),
      prelude("heavy_tailed", -3, 3, 30, onUnit),
      prelude("cauchy", -3, 3, 30, onUnit),
      {"diagonal_mixture", "", "diagonal_mixture(components = 3)", -2, 2, 30, onUnit, "real", 7},
  };
  return cases;
}

} // namespace flowc::laws
