// SPDX-License-Identifier: MIT

#include "dsl/Thing.h"

#include <fmt/format.h>

namespace flowc::dsl {

std::string describeShape(const Shape &shape) {
  if (shape.empty())
    return "a scalar";
  if (shape.size() == 1)
    return fmt::format("a vector of {}", shape[0]);
  return fmt::format("a {} x {} matrix", shape[0], shape[1]);
}

std::string Thing::describe() const {
  struct Describe {
    std::string operator()(double number) const { return fmt::format("the number {}", number); }
    std::string operator()(const std::string &text) const { return fmt::format("the text \"{}\"", text); }
    std::string operator()(const ListThing &list) const { return fmt::format("a list of {}", list.items->size()); }
    std::string operator()(const TensorThing &tensor) const {
      return tensor.truth ? "a comparison" : describeShape(tensor.shape);
    }
    std::string operator()(const MaskThing &) const { return "a mask"; }
    std::string operator()(const FunctionThing &function) const {
      return fmt::format("the function `{}`", function.name);
    }
  };
  return std::visit(Describe{}, is);
}

} // namespace flowc::dsl
