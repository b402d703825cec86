// SPDX-License-Identifier: MIT
//
// The JSON form of a spec to the syntax tree: the same names, the same meaning.

#include "dsl/JsonDocument.h"
#include "dsl/Readers.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <set>
#include <tuple>

namespace flowc::dsl {
namespace {

using Type = JsonValue::Type;

class JsonReader {
public:
  explicit JsonReader(Diagnostics &diagnostics) : diagnostics(diagnostics) {}

  SyntaxTree read(const JsonValue &root) {
    SyntaxTree tree;
    if (!expectType(root, Type::Object, "a spec"))
      return tree;
    checkKeys(root, {"$schema", "flowc", "name", "event", "domain", "context", "base", "define", "import", "flow", "objective", "train"},
              "a spec");
    checkVersion(root);
    for (const JsonValue *path : strings(root, "import"))
      tree.imports.push_back({path->text, path->loc});
    for (const JsonValue *text : strings(root, "define")) {
      Embedded place{text->loc.file, text->loc.line, text->columns};
      for (Definition &definition : parseDefinitions(text->text, place, diagnostics))
        tree.definitions.push_back(std::move(definition));
    }
    tree.flow = flow(root);
    return tree;
  }

private:
  bool expectType(const JsonValue &value, Type type, std::string_view what) {
    if (value.type == type)
      return true;
    diagnostics.report(Kind::WrongType, value.loc,
                       fmt::format("expected {} for {}, but found {}", describe(type), what, describe(value.type)));
    return false;
  }

  /// A string that .flow text could use as a name.
  bool expectName(const JsonValue &value, std::string_view what) {
    if (!expectType(value, Type::String, what))
      return false;
    const std::string &text = value.text;
    bool isName = !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0]));
    for (char c : text)
      isName &= std::isalnum(static_cast<unsigned char>(c)) || c == '_';
    if (!isName)
      diagnostics.report(Kind::WrongType, value.loc,
                         fmt::format("{} must be letters, digits and underscores, and not begin with a digit", what));
    return isName;
  }

  void checkKeys(const JsonValue &object, const std::vector<std::string> &known, std::string_view what) {
    for (const JsonMember &member : object.members)
      if (std::find(known.begin(), known.end(), member.key) == known.end())
        diagnostics.report(Kind::UnknownKey, member.keyLoc, fmt::format("{} has no key \"{}\"", what, member.key))
            .suggestion = nearestName(member.key, known);
  }

  /// The value of a key that must be there.
  const JsonValue *required(const JsonValue &object, std::string_view key, std::string_view what) {
    if (const JsonMember *member = object.find(key))
      return member->value.get();
    diagnostics.report(Kind::MissingKey, object.loc, fmt::format("{} needs the key \"{}\"", what, key));
    return nullptr;
  }

  void checkVersion(const JsonValue &root) {
    const JsonValue *version = required(root, "flowc", "a spec");
    if (version && expectType(*version, Type::Number, "\"flowc\"") && version->number != 1)
      diagnostics.report(Kind::UnsupportedVersion, version->loc,
                         fmt::format("this flowc reads specs of version 1, not {}", version->text));
  }

  std::vector<const JsonValue *> strings(const JsonValue &root, std::string_view key) {
    std::vector<const JsonValue *> result;
    const JsonMember *member = root.find(key);
    if (!member || !expectType(*member->value, Type::Array, fmt::format("\"{}\"", key)))
      return result;
    for (const auto &item : member->value->items)
      if (expectType(*item, Type::String, fmt::format("an entry of \"{}\"", key)))
        result.push_back(item.get());
    return result;
  }

  static ExprPtr make(ExprKind kind, const JsonValue &value, std::vector<Argument> arguments = {}) {
    return std::make_shared<const Expr>(Expr{kind, value.loc, value.number, value.text, {}, std::move(arguments)});
  }

  //===- expressions --------------------------------------------------------------------------------------------===//

  /// The value of an argument; null after an error.
  ExprPtr argument(const JsonValue &value) {
    switch (value.type) {
    case Type::Number:
      return make(ExprKind::Number, value);
    case Type::Boolean:
    case Type::String:
      return make(ExprKind::Name, value);
    case Type::Array: {
      auto list = std::make_shared<Expr>(Expr{ExprKind::List, value.loc, 0, "", {}, {}});
      for (const auto &item : value.items)
        if (ExprPtr expr = argument(*item))
          list->items.push_back(expr);
      return list;
    }
    case Type::Object:
      // Masks that take an argument.
      static const std::set<std::string> calls = {"random", "swap", "checkerboard", "channels"};
      if (value.members.size() == 1 && calls.count(value.members[0].key)) {
        ExprPtr operand = argument(*value.members[0].value);
        return operand ? std::make_shared<const Expr>(Expr{
                             ExprKind::Call, value.members[0].keyLoc, 0, value.members[0].key, {}, {{"", {}, operand}}})
                       : nullptr;
      }
      return typed(value, "a network or function");
    case Type::Null:
      diagnostics.report(Kind::WrongType, value.loc, "expected a value, but found null");
      return nullptr;
    }
    return nullptr;
  }

  /// {"type": T, argument: value, ...} as a call.
  ExprPtr typed(const JsonValue &object, const char *what, bool mayInvert = false) {
    const JsonValue *type = required(object, "type", what);
    if (!type || !expectType(*type, Type::String, "\"type\""))
      return nullptr;
    std::vector<Argument> arguments;
    for (const JsonMember &member : object.members) {
      if (member.key == "type" || (mayInvert && member.key == "inverse"))
        continue;
      if (ExprPtr value = argument(*member.value))
        arguments.push_back({member.key, member.keyLoc, value});
    }
    return make(ExprKind::Call, *type, std::move(arguments));
  }

  static ExprPtr inverted(const ExprPtr &layer, SourceLocation loc) {
    return std::make_shared<const Expr>(Expr{ExprKind::Call, loc, 0, "inverse", {}, {{"", {}, layer}}});
  }

  //===- the flow -----------------------------------------------------------------------------------------------===//

  std::optional<FlowItem> item(const JsonValue &value) {
    if (value.type == Type::String)
      return FlowItem{FlowItemKind::Layer, value.loc, make(ExprKind::Name, value), nullptr, "", {}};
    if (value.type != Type::Object) {
      diagnostics.report(Kind::WrongType, value.loc,
                         fmt::format("expected a layer (a name or an object), but found {}", describe(value.type)));
      return std::nullopt;
    }
    if (value.find("repeat"))
      return repeat(value);
    const JsonMember *inverse = value.find("inverse");
    ExprPtr layer;
    if (inverse && !value.find("type")) {
      checkKeys(value, {"inverse"}, "the inverse of a layer");
      auto inner = item(*inverse->value);
      if (inner && !inner->layer)
        diagnostics.report(Kind::WrongType, inner->loc, "expected a layer to invert, but found a repetition");
      layer = inner && inner->layer ? inverted(inner->layer, inverse->keyLoc) : nullptr;
    } else {
      layer = typed(value, "a layer", /*mayInvert=*/true);
      if (inverse && expectType(*inverse->value, Type::Boolean, "\"inverse\"") && inverse->value->number && layer)
        layer = inverted(layer, inverse->keyLoc);
    }
    if (!layer)
      return std::nullopt;
    return FlowItem{FlowItemKind::Layer, value.loc, layer, nullptr, "", {}};
  }

  std::optional<FlowItem> repeat(const JsonValue &value) {
    checkKeys(value, {"repeat", "of", "as"}, "a repetition");
    FlowItem result{FlowItemKind::Repeat, value.loc, argument(*value.find("repeat")->value), nullptr, "", {}};
    std::swap(result.layer, result.count);
    if (const JsonMember *as = value.find("as"); as && expectName(*as->value, "\"as\""))
      result.variable = as->value->text;
    const JsonValue *of = required(value, "of", "a repetition");
    if (!of || !result.count)
      return std::nullopt;
    result.items = items(*of, "\"of\"");
    return result;
  }

  std::vector<FlowItem> items(const JsonValue &list, std::string_view what) {
    std::vector<FlowItem> result;
    if (list.type != Type::Array) {
      diagnostics.report(Kind::WrongType, list.loc,
                         fmt::format("expected a list of layers for {}, but found {}", what, describe(list.type)));
      return result;
    }
    for (const auto &entry : list.items)
      if (auto one = item(*entry))
        result.push_back(std::move(*one));
    return result;
  }

  ExprPtr features(const JsonValue &event) {
    if (event.type != Type::Array)
      return size(event);
    if (event.items.empty()) {
      diagnostics.report(Kind::BadSize, event.loc, "\"event\" has at least one size, the number of features");
      return nullptr;
    }
    std::vector<ExprPtr> sizes;
    for (const auto &item : event.items)
      sizes.push_back(size(*item));
    if (std::find(sizes.begin(), sizes.end(), nullptr) != sizes.end())
      return nullptr;
    return sizes.size() == 1 ? sizes[0] : std::make_shared<const Expr>(Expr{ExprKind::List, event.loc, 0, "", std::move(sizes), {}, 2});
  }

  /// A domain's name, or a lower and an upper bound.
  ExprPtr domain(const JsonValue &value) {
    if (value.type != Type::Array)
      return expectType(value, Type::String, "\"domain\"") ? make(ExprKind::Name, value) : nullptr;
    std::vector<Argument> bounds;
    for (const auto &item : value.items)
      if (ExprPtr bound = argument(*item))
        bounds.push_back({"", {}, bound});
    return std::make_shared<const Expr>(Expr{ExprKind::Call, value.loc, 0, "bounded", {}, std::move(bounds)});
  }

  ExprPtr size(const JsonValue &value) {
    return expectType(value, Type::Number, "the number of features") ? make(ExprKind::Number, value) : nullptr;
  }

  ExprPtr record(const JsonValue &value, std::string_view what) {
    if (!expectType(value, Type::Object, what))
      return nullptr;
    std::vector<Argument> entries;
    for (const JsonMember &member : value.members) {
      ExprPtr entry = member.value->type == Type::Object   ? record(*member.value, fmt::format("\"{}\"", member.key))
                      : member.value->type == Type::String ? make(ExprKind::String, *member.value)
                                                           : argument(*member.value);
      if (entry)
        entries.push_back({member.key, member.keyLoc, entry});
    }
    return make(ExprKind::Record, value, std::move(entries));
  }

  /// A name or {"type": name, ...}, for a key of the spec itself.
  ExprPtr namedOrTyped(const JsonValue &value, std::string_view key, const char *what) {
    if (value.type == Type::String)
      return make(ExprKind::Name, value);
    if (value.type == Type::Object)
      return typed(value, what);
    diagnostics.report(Kind::WrongType, value.loc,
                       fmt::format("expected a name or an object for \"{}\", but found {}", key, describe(value.type)));
    return nullptr;
  }

  std::optional<FlowDecl> flow(const JsonValue &root) {
    const JsonValue *name = required(root, "name", "a spec"), *event = required(root, "event", "a spec"),
                    *list = required(root, "flow", "a spec");
    // Each part on its own, so that one run shows what is wrong in all of them.
    bool named = name && expectName(*name, "\"name\"");
    ExprPtr size = event ? features(*event) : nullptr;
    std::vector<FlowItem> layers = list ? items(*list, "\"flow\"") : std::vector<FlowItem>();
    ExprPtr dataDomain, base, objective, train;
    if (const JsonMember *member = root.find("domain"))
      dataDomain = domain(*member->value);
    if (const JsonMember *member = root.find("base"))
      base = namedOrTyped(*member->value, "base", "a base");
    if (const JsonMember *member = root.find("objective"))
      objective = namedOrTyped(*member->value, "objective", "an objective");
    if (const JsonMember *member = root.find("train"))
      train = record(*member->value, "\"train\"");
    ExprPtr contextDomain, contextSize;
    const JsonMember *context = root.find("context");
    if (context)
      std::tie(contextDomain, contextSize) = contextOf(*context->value);
    if (!named || !size || !list || (context && !contextSize))
      return std::nullopt;
    if (!dataDomain)
      dataDomain = std::make_shared<const Expr>(Expr{ExprKind::Name, event->loc, 0, "real", {}, {}});
    return FlowDecl{name->text, name->loc, dataDomain, size, event->loc, std::move(layers), base, train, objective, contextDomain,
                    contextSize};
  }

  /// The domain of the context and its size.
  std::pair<ExprPtr, ExprPtr> contextOf(const JsonValue &value) {
    if (!expectType(value, Type::Object, "\"context\""))
      return {};
    checkKeys(value, {"type", "size"}, "a context");
    const JsonValue *type = required(value, "type", "a context"), *size = required(value, "size", "a context");
    if (!type || !size || !expectType(*type, Type::String, "\"type\"") || !expectType(*size, Type::Number, "the size of the context"))
      return {};
    return {make(ExprKind::Name, *type), make(ExprKind::Number, *size)};
  }

  Diagnostics &diagnostics;
};

} // namespace

SyntaxTree readJson(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics) {
  auto root = readJsonDocument(sources, file, diagnostics);
  return root ? JsonReader(diagnostics).read(*root) : SyntaxTree();
}

} // namespace flowc::dsl
