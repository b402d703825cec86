// SPDX-License-Identifier: MIT
//
// The headers of a model directory, as text for the flowc driver to write.

#ifndef FLOWC_RUNTIME_MODELHEADERS_H
#define FLOWC_RUNTIME_MODELHEADERS_H

#include <cstdint>
#include <string>
#include <vector>

namespace flowc::runtime {

/// NAME.h: declares NAME_model.
std::string modelHeaderC(const std::string &name);

/// NAME.hpp: class NAME::Model<T>, and the model's sizes as constants.
std::string modelHeaderCpp(const std::string &name, int64_t features);

struct HeaderFile {
  std::string name;
  std::string text;
};

/// All headers that a model directory needs: flowrt.h, flowrt.hpp, NAME.h, NAME.hpp.
std::vector<HeaderFile> modelHeaders(const std::string &name, int64_t features);

} // namespace flowc::runtime

#endif
