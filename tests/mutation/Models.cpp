// SPDX-License-Identifier: MIT

#include "tests/mutation/Models.h"

namespace flowc::mutation {
namespace {

TestModel model(const std::string &name, int features, const std::string &items) {
  return {name, "flow mutant {\n  data real[" + std::to_string(features) + "]\n  " + items + "\n  base normal\n}\n"};
}

} // namespace

// Two features where the density is worth being integrated, three where indices should not be their own opposites.
const std::vector<TestModel> &testModels() {
  static const std::vector<TestModel> models = {
      model("coupling", 3, "affine_coupling(net = mlp(hidden = [3]))"),
      model("maf", 3, "maf(order = random(4), net = made(hidden = [4]))"),
      model("iaf", 3, "iaf(net = made(hidden = [4], activation = tanh))"),
      model("spline", 2, "rational_quadratic(k = 3)"),
      model("spline_coupling", 2, "spline_coupling(net = mlp(hidden = [3]), bins = 2)"),
      model("mixture", 2, "mixture_coupling(net = mlp(hidden = [3], activation = silu), components = 2)"),
      model("flow_pp", 2, "flow_pp(k = 2)"),
      model("planar", 2, "planar"),
      model("inverse_planar", 3, "inverse(planar(activation = sigmoid))"),
      model("radial", 2, "radial"),
      model("actnorm", 2, "actnorm"),
      model("wavy", 2, "wavy"),
      model("cubic", 2, "cubic"),
      model("inverse_cubic", 2, "inverse(cubic)"),
      model("sinh_arcsinh", 2, "sinh_arcsinh"),
      model("leaky_relu", 2, "leaky_relu"),
      model("permuted", 3, "affine; permute(random(5)); squash; unsquash"),
  };
  return models;
}

} // namespace flowc::mutation
