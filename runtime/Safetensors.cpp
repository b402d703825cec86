// SPDX-License-Identifier: MIT

#include "runtime/Safetensors.h"

#include "runtime/AtomicFile.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

namespace flowc::runtime {
namespace {

using Json = nlohmann::json;

constexpr uint64_t MaxHeader = 100'000'000;

int64_t elementSize(std::string_view dtype) {
  static constexpr std::pair<std::string_view, int64_t> sizes[] = {
      {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
      {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
  for (auto [name, size] : sizes)
    if (name == dtype)
      return size;
  return 0;
}

/// Parses the header; `duplicate` tells of a name that occurs twice, which the parser would silently merge.
Json parseHeader(std::string_view text, bool &duplicate) {
  std::vector<std::string> names;
  auto collectNames = [&](int depth, Json::parse_event_t event, Json &parsed) {
    if (event == Json::parse_event_t::key && depth == 1)
      names.push_back(parsed.get<std::string>());
    return true;
  };
  Json header = Json::parse(text, collectNames, /*allow_exceptions=*/false);
  std::sort(names.begin(), names.end());
  duplicate = std::adjacent_find(names.begin(), names.end()) != names.end();
  return header;
}

bool isCount(const Json &value) { return value.is_number_unsigned() && value.get<uint64_t>() < (uint64_t{1} << 48); }

Result<Tensor> parseTensor(const std::string &path, const std::string &name, const Json &entry, std::string_view data,
                           uint64_t &begin) {
  auto malformed = [&](const char *why) { return badInput("{}: tensor `{}`: {}", path, name, why); };
  if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets"))
    return malformed("expected dtype, shape and data_offsets");
  const Json &dtype = entry["dtype"], &shape = entry["shape"], &offsets = entry["data_offsets"];
  if (!dtype.is_string() || elementSize(dtype.get<std::string>()) == 0)
    return malformed("unknown dtype");
  Tensor tensor{name, dtype.get<std::string>(), {}, {}};
  uint64_t bytes = uint64_t(elementSize(tensor.dtype));
  if (!shape.is_array())
    return malformed("the shape is no list");
  for (const Json &extent : shape) {
    if (!isCount(extent) || __builtin_mul_overflow(bytes, extent.get<uint64_t>(), &bytes))
      return malformed("the shape is impossible");
    tensor.shape.push_back(extent.get<int64_t>());
  }
  if (!offsets.is_array() || offsets.size() != 2 || !isCount(offsets[0]) || !isCount(offsets[1]))
    return malformed("data_offsets are no pair of offsets");
  begin = offsets[0].get<uint64_t>();
  uint64_t end = offsets[1].get<uint64_t>();
  if (begin > end || end > data.size())
    return malformed("its data lies outside the file (truncated?)");
  if (end - begin != bytes)
    return malformed("its data has another size than its shape");
  tensor.bytes = data.substr(begin, end - begin);
  return tensor;
}

} // namespace

int64_t Tensor::elements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

const Tensor *TensorFile::find(std::string_view name) const {
  for (const Tensor &tensor : tensors)
    if (tensor.name == name)
      return &tensor;
  return nullptr;
}

TensorView viewTensor(std::string name, std::vector<int64_t> shape, std::span<const float> values) {
  return {
      std::move(name), std::move(shape), "F32", {reinterpret_cast<const char *>(values.data()), values.size_bytes()}};
}

TensorView viewTensor(std::string name, std::vector<int64_t> shape, std::span<const double> values) {
  return {
      std::move(name), std::move(shape), "F64", {reinterpret_cast<const char *>(values.data()), values.size_bytes()}};
}

Failure writeSafetensors(const std::string &path, const std::vector<TensorView> &tensors,
                         const std::map<std::string, std::string> &metadata) {
  nlohmann::ordered_json header;
  header["__metadata__"] = metadata;
  std::string data;
  size_t offset = 0;
  for (const TensorView &tensor : tensors) {
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + tensor.bytes.size()}}};
    offset += tensor.bytes.size();
  }
  data.reserve(offset);
  for (const TensorView &tensor : tensors)
    data += tensor.bytes;
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  uint64_t length = text.size();
  std::string_view lengthBytes(reinterpret_cast<const char *>(&length), sizeof length);
  return writeFileAtomically(path, {lengthBytes, text, data});
}

Result<TensorFile> parseSafetensors(const std::string &path, std::string content) {
  TensorFile file;
  file.content = std::move(content);
  uint64_t length = 0;
  if (file.content.size() < 8)
    return badInput("{}: truncated, or no safetensors file: it has {} bytes", path, file.content.size());
  std::memcpy(&length, file.content.data(), 8);
  if (length > MaxHeader || length > file.content.size() - 8)
    return badInput("{}: truncated, or no safetensors file: a header of {} bytes in a file of {}", path, length,
                    file.content.size());
  std::string_view all = file.content, data = all.substr(8 + length);
  bool duplicate = false;
  Json header = parseHeader(all.substr(8, length), duplicate);
  if (duplicate)
    return badInput("{}: the header names a tensor twice", path);
  if (!header.is_object())
    return badInput("{}: the header is no JSON object", path);
  std::vector<std::pair<uint64_t, Tensor>> placed;
  for (auto &[name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object())
        return badInput("{}: __metadata__ is no object", path);
      for (auto &[key, value] : entry.items()) {
        if (!value.is_string())
          return badInput("{}: __metadata__ `{}` is no string", path, key);
        file.metadata[key] = value.get<std::string>();
      }
      continue;
    }
    uint64_t begin = 0;
    Result<Tensor> tensor = parseTensor(path, name, entry, data, begin);
    if (!tensor)
      return tensor.error();
    placed.emplace_back(begin, std::move(*tensor));
  }
  std::sort(placed.begin(), placed.end(), [](const auto &a, const auto &b) {
    return std::pair(a.first, a.second.bytes.size()) < std::pair(b.first, b.second.bytes.size());
  });
  uint64_t at = 0;
  for (auto &[begin, tensor] : placed) {
    if (begin != at)
      return badInput("{}: tensor `{}` {}", path, tensor.name,
                      begin < at ? "overlaps another" : "leaves a hole before it");
    at += tensor.bytes.size();
    file.tensors.push_back(std::move(tensor));
  }
  if (at != data.size())
    return badInput("{}: {} bytes belong to no tensor", path, data.size() - at);
  return file;
}

Result<TensorFile> readSafetensors(const std::string &path) {
  Result<std::string> content = readFile(path);
  return content ? parseSafetensors(path, std::move(*content)) : Result<TensorFile>(content.error());
}

template <typename T> Result<std::vector<T>> tensorValues(const std::string &path, const Tensor &tensor) {
  std::vector<T> values(size_t(tensor.elements()));
  auto convert = [&]<typename Raw>(Raw) {
    for (size_t i = 0; i < values.size(); ++i) {
      Raw raw;
      std::memcpy(&raw, tensor.bytes.data() + i * sizeof raw, sizeof raw);
      values[i] = T(raw);
    }
  };
  if (tensor.dtype == "F32")
    convert(float());
  else if (tensor.dtype == "F64")
    convert(double());
  else
    return badInput("{}: tensor `{}` is of dtype {}; expected F32 or F64", path, tensor.name, tensor.dtype);
  return values;
}

template Result<std::vector<float>> tensorValues(const std::string &, const Tensor &);
template Result<std::vector<double>> tensorValues(const std::string &, const Tensor &);

} // namespace flowc::runtime
