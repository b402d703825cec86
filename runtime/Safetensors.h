// SPDX-License-Identifier: MIT
//
// The safetensors format: named arrays and string metadata in one file. The reader trusts nothing: sizes, ranges,
// overlaps, holes and duplicate names are checked before a byte is copied.

#ifndef FLOWC_RUNTIME_SAFETENSORS_H
#define FLOWC_RUNTIME_SAFETENSORS_H

#include "runtime/Error.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace flowc::runtime {

/// One array of a file that was read. `bytes` points into the file's content.
struct Tensor {
  std::string name;
  std::string dtype; // F32, F64, ...
  std::vector<int64_t> shape;
  std::string_view bytes;

  int64_t elements() const;
};

/// The content of a file.
struct TensorFile {
  std::string content;
  std::map<std::string, std::string> metadata;
  std::vector<Tensor> tensors; // in the order of their data

  const Tensor *find(std::string_view name) const;
};

/// One array to be written.
struct TensorView {
  std::string name;
  std::vector<int64_t> shape;
  const char *dtype;
  std::string_view bytes;
};

/// The view of `values` as a tensor of `shape`.
TensorView viewTensor(std::string name, std::vector<int64_t> shape, std::span<const float> values);
TensorView viewTensor(std::string name, std::vector<int64_t> shape, std::span<const double> values);

/// Writes atomically; the arrays lie in the file in the order given.
Failure writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                         const std::map<std::string, std::string> &metadata);

Result<TensorFile> readSafetensors(const std::string &path);
Result<TensorFile> parseSafetensors(const std::string &path, std::string content);

/// The elements as T; the file may hold F32 or F64.
template <typename T> Result<std::vector<T>> tensorValues(const std::string &path, const Tensor &tensor);

} // namespace flowc::runtime

#endif
