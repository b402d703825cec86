// SPDX-License-Identifier: MIT
//
// Images as vectors: channel after channel, in each row after row. What is done to their positions is a list of indices.

#pragma once

#include <cstdint>
#include <vector>

namespace flowc::dsl {

struct Image {
  int64_t channels, height, width;

  int64_t positions() const { return height * width; }
  int64_t size() const { return channels * positions(); }
};

/// For every element of the image the index of the element `down` rows below and `right` columns to the right of it, in the same
/// channel; -1 where the image has ended.
std::vector<int64_t> neighbors(const Image &image, int64_t down, int64_t right);

/// Blocks of `side` x `side` positions become channels: element k of the image with side^2 times the channels is element result[k].
/// A channel is followed by the others of its block.
std::vector<int64_t> squeezed(const Image &image, int64_t side);

/// The elements on the fields of a checkerboard that have the color of the first.
std::vector<int64_t> checkerboard(const Image &image);

/// The elements of the first half of the channels, and of the middle one.
std::vector<int64_t> firstChannels(const Image &image);

} // namespace flowc::dsl
