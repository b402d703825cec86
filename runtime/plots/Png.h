// SPDX-License-Identifier: MIT
//
// Small RGB pictures as PNG, and as text inside an SVG.

#ifndef FLOWC_RUNTIME_PLOTS_PNG_H
#define FLOWC_RUNTIME_PLOTS_PNG_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowc::runtime {

/// The PNG file of width * height pixels of three bytes, row by row from the top.
std::string encodePng(int width, int height, const std::vector<uint8_t> &rgb);

std::string encodeBase64(std::string_view bytes);

} // namespace flowc::runtime

#endif
