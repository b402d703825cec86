// SPDX-License-Identifier: MIT

#include "dsl/Images.h"

#include <numeric>

namespace flowc::dsl {

std::vector<int64_t> neighbors(const Image &image, int64_t down, int64_t right) {
  std::vector<int64_t> sources;
  sources.reserve(image.size());
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t y = down; y < image.height + down; ++y)
      for (int64_t x = right; x < image.width + right; ++x) {
        bool inside = y >= 0 && y < image.height && x >= 0 && x < image.width;
        sources.push_back(inside ? c * image.positions() + y * image.width + x : -1);
      }
  return sources;
}

std::vector<int64_t> squeezed(const Image &image, int64_t side) {
  std::vector<int64_t> order;
  order.reserve(image.size());
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t dy = 0; dy < side; ++dy)
      for (int64_t dx = 0; dx < side; ++dx)
        for (int64_t y = dy; y < image.height; y += side)
          for (int64_t x = dx; x < image.width; x += side)
            order.push_back(c * image.positions() + y * image.width + x);
  return order;
}

std::vector<int64_t> checkerboard(const Image &image) {
  std::vector<int64_t> kept;
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t y = 0; y < image.height; ++y)
      for (int64_t x = y % 2; x < image.width; x += 2)
        kept.push_back(c * image.positions() + y * image.width + x);
  return kept;
}

std::vector<int64_t> firstChannels(const Image &image) {
  std::vector<int64_t> kept((image.channels + 1) / 2 * image.positions());
  std::iota(kept.begin(), kept.end(), 0);
  return kept;
}

} // namespace flowc::dsl
