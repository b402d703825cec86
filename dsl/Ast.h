// SPDX-License-Identifier: MIT
//
// The syntax tree: what .flow text and .json specs both become. From here on nothing knows which it was.

#pragma once

#include "dsl/SourceLocation.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flowc::dsl {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

/// An argument of a call, or an entry of a record. `name` is empty for a positional argument.
struct Argument {
  std::string name;
  SourceLocation nameLoc;
  ExprPtr value;
};

enum class ExprKind {
  Number, ///< number
  String, ///< text (without quotes)
  Name,   ///< text
  List,   ///< items: [a, b, ...]
  Call,   ///< text(arguments); in f(x; a, b) the semicolon counts as a comma
  Unary,  ///< text is "-"; items[0]
  Binary, ///< text is one of + - * / ^ < <= > >= == !=; items[0], items[1]
  Index,  ///< items[0][items[1]]
  Slice,  ///< items[0][items[1] : items[2]]; either bound may be null
  Record, ///< arguments, all named: { lr = 0.1, ... }
};

struct Expr {
  ExprKind kind;
  SourceLocation
      loc; ///< What is underlined: the whole of a name or literal, the callee of a call, the operator of a binary.
  double number = 0;
  std::string text;
  std::vector<ExprPtr> items;
  std::vector<Argument> arguments;
  uint32_t height = 1; ///< Of the tree below; the readers keep it small enough to recurse.
};

struct Statement;
using Block = std::vector<Statement>;

/// One name of a `param` statement: name: domain[shape] (= value | ~ distribution)? (start expr)?
struct ParamDecl {
  std::string name;
  SourceLocation loc;
  ExprPtr domain; ///< A Name (real, positive, unit, simplex, ordered) or Call (bounded(a, b), norm(a)); never null.
  std::vector<ExprPtr> shape;
  ExprPtr value;        ///< `= value`, or null.
  ExprPtr distribution; ///< `~ normal(0.1)` or `~ uniform(a, b)`, a Call, or null.
  ExprPtr start;        ///< `start expr`, or null.
};

enum class StatementKind {
  Assign, ///< targets = value
  Param,  ///< params
  For,    ///< for targets[0] in value { body }
  If,     ///< if value { body } else { otherwise }
  Return, ///< return value
  Assume, ///< assume value, a comparison
  Running, ///< running targets[i] = value.items[i], each a Call of a statistic over the batch
};

/// The name that an assignment or a loop binds.
struct Target {
  std::string name;
  SourceLocation loc;
};

struct Statement {
  StatementKind kind;
  SourceLocation loc;
  std::vector<Target> targets;
  ExprPtr value;
  std::vector<ParamDecl> params;
  Block body, otherwise;
};

enum class DefinitionKind { Bijection, Network, Layer, Energy };

/// Whether what is so defined may stand in a flow.
inline bool isLayer(DefinitionKind kind) { return kind == DefinitionKind::Bijection || kind == DefinitionKind::Layer; }

/// A parameter of a definition. The first of every definition is its input. `domain` is given after a colon
/// (bijections: of the input or of a parameter), `fallback` after `=`. Only a bijection's parameters have the others.
struct Parameter {
  std::string name;
  SourceLocation loc;
  ExprPtr domain, fallback;
  ExprPtr size; ///< The k of `domain[k]`: k values for every feature, a list in the formula. Null for one value.
  ExprPtr distribution; ///< `~ normal(1)`, as in ParamDecl: how it begins where it is learned. Or null.
};

/// bijection NAME(x; p: domain) = formula or { body }, network NAME(x, args) { body }, (generative)? layer NAME(x,
/// args) { body }, energy NAME(x, args) = formula or { body }. A formula is a body of one statement, a Return.
struct Definition {
  DefinitionKind kind;
  std::string name;
  SourceLocation loc;
  bool generative = false;
  std::vector<Parameter> parameters;
  Block body;
  bool prelude = false; ///< Comes with flowc; a user's definition of the same name takes its place.
};

/// Whether the parameter says how many values another one has, so that it must be known at compile time.
bool isSize(const Definition &definition, const Parameter &parameter);

enum class FlowItemKind { Layer, Repeat };

struct FlowItem {
  FlowItemKind kind;
  SourceLocation loc;
  ExprPtr layer;        ///< Layer: a Name, or a Call; inverse(...) is a Call of `inverse`.
  ExprPtr count;        ///< Repeat.
  std::string variable; ///< Repeat: `as i`, or empty.
  std::vector<FlowItem> items;
};

struct FlowDecl {
  std::string name;
  SourceLocation loc;
  ExprPtr dataDomain; ///< As in ParamDecl; a Name `real` if not stated otherwise.
  ExprPtr features;   ///< The number of features.
  SourceLocation dataLoc;
  std::vector<FlowItem> items;
  ExprPtr base;  ///< A Name or Call; null means `normal`.
  ExprPtr train; ///< A Record, or null.
  ExprPtr objective; ///< A Name or Call; null means `likelihood`.
  /// What every sample is given beside its data: a domain as in ParamDecl, or the Name `label`, and how many numbers or labels. Null
  /// where the flow is given nothing.
  ExprPtr contextDomain = nullptr, contextSize = nullptr;
  bool contextMayBeUnused = false; ///< In a flow that was made to judge one definition.
};

struct Import {
  std::string path;
  SourceLocation loc;
};

/// One source file.
struct SyntaxTree {
  std::vector<Import> imports;
  std::vector<Definition> definitions;
  std::optional<FlowDecl> flow;
};

} // namespace flowc::dsl
