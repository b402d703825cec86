// SPDX-License-Identifier: MIT

#include "dsl/ExpressionParser.h"

namespace flowc::dsl {
namespace {

/// Operations above each other in one expression; what walks trees recurses that deep.
constexpr uint32_t kHighest = 500;

} // namespace

ExprPtr ExpressionParser::make(ExprKind kind, SourceLocation loc, std::string text, std::vector<ExprPtr> items,
                               std::vector<Argument> arguments) {
  auto expr = std::make_shared<Expr>(Expr{kind, loc, 0, std::move(text), std::move(items), std::move(arguments)});
  uint32_t below = 0;
  for (const ExprPtr &item : expr->items)
    below = std::max(below, item ? item->height : 0);
  for (const Argument &argument : expr->arguments)
    below = std::max(below, argument.value->height);
  expr->height = below + 1;
  if (expr->height > kHighest)
    giveUp(loc, fmt::format("an expression of more than {} operations in a row", kHighest));
  return expr;
}

ExprPtr ExpressionParser::expression() {
  Nesting nesting(*this);
  ExprPtr left = binary(0);
  return left;
}

/// Operators from loosely to tightly binding; ^ and the unary minus are apart.
int ExpressionParser::levelOf(const Token &token) {
  if (token.kind != TokenKind::Symbol)
    return -1;
  static const std::vector<std::vector<std::string_view>> levels = {
      {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/"}};
  for (size_t level = 0; level < levels.size(); ++level)
    if (std::find(levels[level].begin(), levels[level].end(), token.text) != levels[level].end())
      return static_cast<int>(level);
  return -1;
}

ExprPtr ExpressionParser::binary(int level) {
  if (level == 3)
    return unary();
  ExprPtr left = binary(level + 1);
  while (true) {
    // A line may begin with an operator, but a statement may not, so it goes on.
    size_t mark = position;
    skipNewlines();
    if (levelOf(peek()) != level) {
      position = mark;
      return left;
    }
    Token op = take();
    skipNewlines();
    left = make(ExprKind::Binary, op.loc, op.text, {left, binary(level + 1)});
  }
}

ExprPtr ExpressionParser::unary() {
  Nesting nesting(*this);
  if (!at("-"))
    return power();
  Token op = take();
  return make(ExprKind::Unary, op.loc, "-", {unary()});
}

ExprPtr ExpressionParser::power() {
  ExprPtr base = postfix();
  if (!at("^"))
    return base;
  Token op = take();
  return make(ExprKind::Binary, op.loc, "^", {base, unary()});
}

ExprPtr ExpressionParser::postfix() {
  ExprPtr value = primary();
  while (at("[")) {
    SourceLocation loc = take().loc;
    ExprPtr first, last;
    bool slice = false;
    if (!at(":"))
      first = expression();
    if (accept(":")) {
      slice = true;
      if (!at("]"))
        last = expression();
    }
    expect("]", "to close the index");
    value =
        slice ? make(ExprKind::Slice, loc, "", {value, first, last}) : make(ExprKind::Index, loc, "", {value, first});
  }
  return value;
}

ExprPtr ExpressionParser::primary() {
  const Token token = peek();
  if (token.kind == TokenKind::Number) {
    take();
    return std::make_shared<const Expr>(Expr{ExprKind::Number, token.loc, token.number, token.text, {}, {}});
  }
  if (token.kind == TokenKind::String) {
    take();
    return make(ExprKind::String, token.loc, token.text, {});
  }
  if (token.kind == TokenKind::Name) {
    take();
    if (!at("("))
      return make(ExprKind::Name, token.loc, token.text, {});
    return make(ExprKind::Call, token.loc, token.text, {}, arguments());
  }
  if (accept("(")) {
    skipNewlines();
    ExprPtr inner = expression();
    skipNewlines();
    expect(")", "to close the parenthesis");
    return inner;
  }
  if (at("["))
    return list();
  if (at("{"))
    return record();
  if (at("*") && position > 0 && tokens[position - 1].text == "*")
    expected("an expression (powers are written `^`)");
  expected("an expression");
}

ExprPtr ExpressionParser::list() {
  SourceLocation loc = take().loc;
  std::vector<ExprPtr> items;
  skipNewlines();
  while (!at("]")) {
    items.push_back(expression());
    skipNewlines();
    if (!accept(","))
      break;
    skipNewlines();
  }
  expect("]", "to close the list");
  return make(ExprKind::List, loc, "", std::move(items));
}

ExprPtr ExpressionParser::record() {
  Nesting nesting(*this);
  auto expr = std::make_shared<Expr>(Expr{ExprKind::Record, take().loc, 0, "", {}, {}});
  auto skip = [&] {
    while (peek().kind == TokenKind::Newline || at(",") || at(";"))
      take();
  };
  skip();
  while (!at("}")) {
    Token key = name("a setting's name, or `}` to close the record");
    if (!at("{"))
      expect("=", "after the setting's name");
    expr->arguments.push_back({key.text, key.loc, expression()});
    if (!at("}") && peek().kind != TokenKind::Newline && !at(",") && !at(";"))
      expected("the end of the setting");
    skip();
  }
  take();
  return expr;
}

std::vector<Argument> ExpressionParser::arguments() {
  expect("(", "to open the arguments");
  std::vector<Argument> result;
  skipNewlines();
  while (!at(")")) {
    Argument argument;
    if (peek().kind == TokenKind::Name && tokens[position + 1].kind == TokenKind::Symbol &&
        tokens[position + 1].text == "=") {
      argument.name = peek().text;
      argument.nameLoc = take().loc;
      take();
    }
    argument.value = expression();
    result.push_back(std::move(argument));
    skipNewlines();
    if (!accept(",") && !accept(";"))
      break;
    skipNewlines();
  }
  expect(")", "to close the arguments");
  return result;
}

ExprPtr ExpressionParser::domain() {
  Token token = name("a domain, such as `real` or `positive`");
  auto expr = std::make_shared<Expr>(Expr{ExprKind::Name, token.loc, 0, token.text, {}, {}});
  if (at("(")) {
    expr->kind = ExprKind::Call;
    expr->arguments = arguments();
  }
  return expr;
}

} // namespace flowc::dsl
