// SPDX-License-Identifier: MIT

#include "runtime/ModelHeaders.h"

#include "AbiHeaderText.inc"

#include <cctype>
#include <fmt/format.h>

namespace flowc::runtime {
namespace {

std::string guardOf(const std::string &name, const char *suffix) {
  std::string guard = "FLOWC_MODEL_" + name + suffix;
  for (char &c : guard)
    c = char(std::toupper(static_cast<unsigned char>(c)));
  return guard;
}

} // namespace

std::string modelHeaderC(const std::string &name) {
  return fmt::format(R"(/* The normalizing flow {0}, compiled by flowc. Link {0}.so; flowrt.h explains the table. */
#ifndef {1}
#define {1}

#include "flowrt.h"

#ifdef __cplusplus
extern "C" {{
#endif

const flowrt_api *{0}_model(void);

#ifdef __cplusplus
}}
#endif

#endif
)",
                     name, guardOf(name, "_H"));
}

std::string modelHeaderCpp(const std::string &name, int64_t features) {
  return fmt::format(R"(// The normalizing flow {0}, compiled by flowc. Link {0}.so; needs C++20.
//
//   {0}::Model<float> model;
//   model.load_parameters("parameters.safetensors");
//   std::vector<float> density = model.log_prob(x);
#ifndef {1}
#define {1}

#include "flowrt.hpp"
#include "{0}.h"

namespace {0} {{

inline constexpr int64_t features = {2};

/// The flow with the functions of flowc::Model: log_prob, sample, to_latent, to_data, gradient. T is float or double.
template <typename T = float> class Model : public flowc::Model<T> {{
public:
  explicit Model(const std::string &device = "cpu") : flowc::Model<T>({0}_model(), device) {{}}
}};

}} // namespace {0}

#endif
)",
                     name, guardOf(name, "_HPP"), features);
}

std::vector<HeaderFile> modelHeaders(const std::string &name, int64_t features) {
  return {{"flowrt.h", FlowrtH},
          {"flowrt.hpp", FlowrtHpp},
          {name + ".h", modelHeaderC(name)},
          {name + ".hpp", modelHeaderCpp(name, features)}};
}

} // namespace flowc::runtime
