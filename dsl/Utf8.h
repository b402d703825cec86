// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <string_view>

namespace flowc::dsl {

/// The offset of the first byte that is not part of well-formed UTF-8, or npos.
inline size_t firstNonUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char lead = static_cast<unsigned char>(text[i]);
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (!length || i + length > text.size())
      return i;
    for (size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80)
        return i;
    i += length;
  }
  return std::string_view::npos;
}

} // namespace flowc::dsl
