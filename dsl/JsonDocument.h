// SPDX-License-Identifier: MIT
//
// A JSON document in which every key and value knows its place. Written by hand because the places, duplicate keys and
// the reason of a syntax error are the point.

#pragma once

#include "dsl/Diagnostics.h"

#include <memory>
#include <optional>

namespace flowc::dsl {

struct JsonValue;

struct JsonMember {
  std::string key;
  SourceLocation keyLoc;
  std::shared_ptr<const JsonValue> value;
};

struct JsonValue {
  enum class Type { Null, Boolean, Number, String, Array, Object } type = Type::Null;
  SourceLocation loc;
  std::string text; ///< Of a string, its value; of anything else that is no container, as written.
  double number = 0;
  std::vector<uint32_t> columns; ///< Of a string: the column of every byte of `text`, and of its end.
  std::vector<std::shared_ptr<const JsonValue>> items;
  std::vector<JsonMember> members;

  const JsonMember *find(std::string_view key) const;
};

/// "a string", "an object", ...
std::string_view describe(JsonValue::Type type);

/// Reads a document; null after an error that leaves nothing to go on with.
std::shared_ptr<const JsonValue> readJsonDocument(const SourceManager &sources, uint32_t file,
                                                  Diagnostics &diagnostics);

} // namespace flowc::dsl
