// SPDX-License-Identifier: MIT
//
// What an expression of the language is while a layer is elaborated: numbers, lists, masks and functions exist at
// compile time only, tensors are values of the program being built.

#pragma once

#include "dsl/Ast.h"
#include "dsl/GraphBuilder.h"

#include <map>
#include <memory>
#include <variant>

namespace flowc::dsl {

struct Thing;

/// A list, or the several results of one call.
struct ListThing {
  std::shared_ptr<const std::vector<Thing>> items;
};

struct TensorThing {
  Value value;
  Shape shape;
  bool truth = false; ///< The result of a comparison.
};

/// A split of a vector in a conditioning and a transformed part, for any size.
struct MaskThing {
  enum class Pattern { Half, Alternate, Random, Listed } pattern = Pattern::Half;
  uint64_t seed = 0;
  std::vector<int64_t> listed;
  bool swapped = false;
};

/// A definition, or a function of the language's own (`definition` null), with arguments that were given ahead.
struct FunctionThing {
  std::string name;
  const Definition *definition = nullptr;
  std::shared_ptr<const std::map<std::string, Thing>> bound;
};

struct Thing {
  std::variant<double, std::string, ListThing, TensorThing, MaskThing, FunctionThing> is;
  /// Where a spec's author gave this as an argument; line 0 if nowhere. Messages from inside the prelude point there.
  SourceLocation origin{0, 0, 0, 1};

  template <typename T> const T *as() const { return std::get_if<T>(&is); }
  static Thing list(std::vector<Thing> items) {
    return {ListThing{std::make_shared<const std::vector<Thing>>(std::move(items))}, {0, 0, 0, 1}};
  }
  /// What it is, in a message: "a number", "a vector of 3", ...
  std::string describe() const;
};

std::string describeShape(const Shape &shape);

} // namespace flowc::dsl
