// SPDX-License-Identifier: MIT

#include "dsl/Formatters.h"
#include "dsl/JsonDocument.h"

#include <nlohmann/json.hpp>

namespace flowc::dsl {
namespace {

constexpr size_t kWidth = 100;

std::string quote(const std::string &text) { return nlohmann::json(text).dump(); }

std::string print(const JsonValue &value, size_t indent, size_t column);

/// One line, or nothing if it would be too long.
std::string printFlat(const JsonValue &value) {
  using Type = JsonValue::Type;
  if (value.type == Type::String)
    return quote(value.text);
  if (value.type != Type::Array && value.type != Type::Object)
    return value.text;
  std::string text;
  for (const auto &item : value.items)
    text += (text.empty() ? "" : ", ") + printFlat(*item);
  for (const JsonMember &member : value.members)
    text += (text.empty() ? "" : ", ") + quote(member.key) + ": " + printFlat(*member.value);
  if (value.type == Type::Array)
    return "[" + text + "]";
  return text.empty() ? "{}" : "{ " + text + " }";
}

std::string print(const JsonValue &value, size_t indent, size_t column) {
  std::string flat = printFlat(value);
  // The document itself is always spread out; what it holds, where it must.
  if ((indent > 0 && column + flat.size() < kWidth) || (value.items.empty() && value.members.empty()))
    return flat;
  bool isArray = value.type == JsonValue::Type::Array;
  std::string text = isArray ? "[" : "{", inner(indent + 2, ' ');
  bool first = true;
  for (const auto &item : value.items) {
    text += (first ? "\n" : ",\n") + inner + print(*item, indent + 2, indent + 2);
    first = false;
  }
  for (const JsonMember &member : value.members) {
    std::string key = quote(member.key) + ": ";
    text += (first ? "\n" : ",\n") + inner + key + print(*member.value, indent + 2, indent + 2 + key.size());
    first = false;
  }
  return text + "\n" + std::string(indent, ' ') + (isArray ? "]" : "}");
}

} // namespace

std::optional<std::string> formatJson(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics) {
  auto root = readJsonDocument(sources, file, diagnostics);
  if (!root || diagnostics.hasErrors())
    return std::nullopt;
  return print(*root, 0, 0) + "\n";
}

} // namespace flowc::dsl
