// SPDX-License-Identifier: MIT
//
// One array of numbers in which tests lay out their buffers, as slices of a workspace: the text of the slices for the
// kernel, and access to the same elements for a plain reference. Whole arrays are compared, so that a stray write
// anywhere shows.

#pragma once

#include "tests/targets/CompiledTiles.h"
#include "tests/targets/emulation/EmulatedKernels.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace flowc::test {

/// Where a buffer is: element (i, j) at offset + i * rowStride + j * columnStride. `columns` is -1 for a uniform one.
struct Slice {
  std::string name, type;
  int64_t offset, rows, columns, rowStride, columnStride;
  std::string typed() const { return name + " : " + type; }
};

template <typename T> class Arena {
public:
  static constexpr const char *element = std::is_same_v<T, float> ? "f32" : "f64";

  explicit Arena(unsigned seed) : random(seed) {}

  Slice uniform(int64_t rows, int64_t stride = 1) { return add(rows, -1, stride, 0, rows * stride); }
  Slice varying(int64_t rows, int64_t samples) { return add(rows, samples, samples, 1, rows * samples); }
  Slice matrix(int64_t rows, int64_t columns, int64_t rowStride, int64_t columnStride) {
    return add(rows, columns, rowStride, columnStride, rows * rowStride + columns * columnStride);
  }

  T &at(const Slice &slice, int64_t i, int64_t j = 0) {
    return data[slice.offset + i * slice.rowStride + j * slice.columnStride];
  }

  /// Runs `body` as a kernel on the array, and `reference` on a copy of it; both must leave the same. Then the same on the emulated GPU.
  template <typename Reference>
  void check(const std::string &body, const cpu::CompiledTiles::Options &options, double tolerance,
             Reference reference) {
    std::string text = kernel(body), error;
    INFO(text);
    std::vector<T> before = data;
    reference();
    auto tiles = cpu::CompiledTiles::compile(text, options, error);
    INFO(error);
    REQUIRE(tiles);
    Memory memory = copyOf(before);
    tiles->kernel<void(T *)>("flow_test")(memory.get());
    compare(memory.get(), tolerance);
    // What is asked of the CPU changes nothing there.
    static std::set<std::string> seen;
    if (onGpu && seen.insert(text).second)
      launch(text, before, 128, "f32", tolerance);
  }

  /// The same on the emulated GPU alone.
  template <typename Reference>
  void checkOnGpu(const std::string &body, int64_t threads, const std::string &matmul, double tolerance, Reference reference) {
    std::vector<T> before = data;
    reference();
    launch(kernel(body), before, threads, matmul, tolerance);
  }

  void compare(const T *memory, double tolerance) {
    size_t wrong = 0;
    for (size_t i = 0; i < data.size(); ++i)
      if (!(std::abs(memory[i] - data[i]) <= tolerance * std::max<T>(1, std::abs(data[i]))) && wrong++ == 0) {
        CAPTURE(i, memory[i], data[i]);
        CHECK(memory[i] == data[i]);
      }
    CHECK(wrong == 0);
  }

  /// `count` rows below `height`: nothing for identity, else as `kind` says.
  std::vector<int64_t> rowList(int kind, int64_t count, int64_t height) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < height; ++i)
      rows.push_back(kind == 1 ? height - 1 - i : i);
    if (kind == 2)
      std::shuffle(rows.begin(), rows.end(), random);
    rows.resize(count);
    return kind == 0 ? std::vector<int64_t>() : rows;
  }

  std::mt19937 random;
  std::vector<T> data;
  bool onGpu = true; ///< Whether the CUDA target can do it, too.

private:
  struct Free {
    void operator()(T *memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<T, Free>;

  std::string kernel(const std::string &body) const {
    return "func.func @flow_test(%ws: memref<" + std::to_string(data.size()) + "x" + element + ">) {\n" + prologue + body +
           "  return\n}\n";
  }

  static Memory copyOf(const std::vector<T> &numbers) {
    Memory memory(static_cast<T *>(std::aligned_alloc(64, (numbers.size() * sizeof(T) + 63) / 64 * 64)));
    std::memcpy(memory.get(), numbers.data(), numbers.size() * sizeof(T));
    return memory;
  }

  void launch(const std::string &text, const std::vector<T> &before, int64_t threads, const std::string &matmul, double tolerance) {
    INFO(text << matmul << ", " << threads << " threads");
    std::string error;
    auto kernels = EmulatedKernels::compile(text, threads, error, matmul);
    INFO(error);
    REQUIRE(kernels);
    Memory memory = copyOf(before);
    CHECK(kernels->launch("flow_test", 1, {memory.get()}) == "");
    compare(memory.get(), tolerance);
  }

  Slice add(int64_t rows, int64_t columns, int64_t rowStride, int64_t columnStride, int64_t extent) {
    int64_t offset = (data.size() + 15) / 16 * 16 + 16;
    data.resize(offset + extent + 32);
    std::uniform_real_distribution<T> number(-1, 1);
    for (T &value : data)
      value = number(random);
    bool flat = columns < 0;
    auto list = [&](int64_t first, int64_t second) {
      return "[" + std::to_string(first) + (flat ? "" : ", " + std::to_string(second)) + "]";
    };
    std::string shape = std::to_string(rows) + "x" + (flat ? "" : std::to_string(columns) + "x");
    Slice slice{"%b" + std::to_string(count++),
                "memref<" + shape + element + ", strided<" + list(rowStride, columnStride) +
                    ", offset: " + std::to_string(offset) + ">>",
                offset,
                rows,
                columns,
                rowStride,
                columnStride};
    pending.push_back("  " + slice.name + " = memref.reinterpret_cast %ws to offset: [" + std::to_string(offset) +
                      "], sizes: " + list(rows, columns) + ", strides: " + list(rowStride, columnStride) +
                      " : memref<");
    types.push_back(slice.type);
    prologue.clear();
    for (size_t i = 0; i < pending.size(); ++i)
      prologue += pending[i] + std::to_string(data.size()) + "x" + element + "> to " + types[i] + "\n";
    return slice;
  }

  unsigned count = 0;
  std::vector<std::string> pending, types;
  std::string prologue;
};

inline std::string arrayText(const std::vector<int64_t> &values) {
  std::string text = "array<i64";
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? ", " : ": ") + std::to_string(values[i]);
  return text + ">";
}

inline int64_t rowOf(const std::vector<int64_t> &rows, int64_t i) { return rows.empty() ? i : rows[i]; }

/// The vector widths that are tested: that of the machine and the narrower ones.
inline const std::vector<int> &testedBits() {
  static const std::vector<int> bits = {128, 256, 512};
  return bits;
}

} // namespace flowc::test
