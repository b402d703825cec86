// SPDX-License-Identifier: MIT

#include "runtime/plots/Png.h"

#include <zlib.h>

namespace flowc::runtime {
namespace {

std::string bigEndian(uint32_t value) { return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)}; }

std::string chunk(std::string_view type, std::string_view content) {
  std::string body = std::string(type) + std::string(content);
  uLong checksum = crc32(0, reinterpret_cast<const Bytef *>(body.data()), uInt(body.size()));
  return bigEndian(uint32_t(content.size())) + body + bigEndian(uint32_t(checksum));
}

} // namespace

std::string encodePng(int width, int height, const std::vector<uint8_t> &rgb) {
  std::string raw;
  size_t stride = size_t(width) * 3;
  for (int row = 0; row < height; ++row) {
    raw += '\1'; // each byte as the difference to the pixel on the left: smooth pictures pack twice as well
    for (size_t i = 0; i < stride; ++i) {
      uint8_t left = i < 3 ? 0 : rgb[size_t(row) * stride + i - 3];
      raw += char(uint8_t(rgb[size_t(row) * stride + i] - left));
    }
  }
  uLongf packedSize = compressBound(uLong(raw.size()));
  std::string packed(packedSize, '\0');
  compress2(reinterpret_cast<Bytef *>(packed.data()), &packedSize, reinterpret_cast<const Bytef *>(raw.data()),
            uLong(raw.size()), 9);
  packed.resize(packedSize);
  std::string header =
      bigEndian(uint32_t(width)) + bigEndian(uint32_t(height)) + std::string("\x08\x02\x00\x00\x00", 5);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", packed) + chunk("IEND", "");
}

std::string encodeBase64(std::string_view bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? uint8_t(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

} // namespace flowc::runtime
