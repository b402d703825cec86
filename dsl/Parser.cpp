// SPDX-License-Identifier: MIT
//
// Tokens to syntax tree, by recursive descent. After an error the parser skips to the next statement or definition, so
// that one run shows several.

#include "dsl/Lexer.h"
#include "dsl/Readers.h"

#include <algorithm>
#include <fmt/format.h>

namespace flowc::dsl {
namespace {

constexpr int kDeepest = 200;
constexpr uint32_t kHighest = 500;

/// Thrown away with the construct that it was found in; never leaves this file.
struct Abandon {};

class Parser {
public:
  Parser(std::vector<Token> tokens, Diagnostics &diagnostics) : tokens(std::move(tokens)), diagnostics(diagnostics) {
    std::erase_if(this->tokens, [](const Token &token) { return token.kind == TokenKind::Comment; });
  }

  SyntaxTree file() {
    SyntaxTree tree;
    skipSeparators();
    if (peek().kind == TokenKind::End && !diagnostics.hasErrors())
      diagnostics.report(Kind::EmptyFile, peek().loc, "the file is empty; expected definitions or `flow NAME { ... }`");
    while (peek().kind != TokenKind::End) {
      size_t before = position;
      try {
        topLevel(tree);
      } catch (Abandon) {
        skipToTopLevel(before);
      }
      skipSeparators();
    }
    return tree;
  }

private:
  //===- tokens -------------------------------------------------------------------------------------------------===//

  const Token &peek() const { return tokens[position]; }
  const Token &take() { return tokens[position].kind == TokenKind::End ? tokens[position] : tokens[position++]; }
  bool at(std::string_view text) const {
    return (peek().kind == TokenKind::Symbol || peek().kind == TokenKind::Name) && peek().text == text;
  }
  bool accept(std::string_view text) {
    if (!at(text))
      return false;
    take();
    return true;
  }

  static std::string describe(const Token &token) {
    switch (token.kind) {
    case TokenKind::End:
      return "the end of the file";
    case TokenKind::Newline:
      return "the end of the line";
    case TokenKind::String:
      return "the text " + token.raw;
    default:
      return fmt::format("`{}`", token.text);
    }
  }

  [[noreturn]] void expected(const std::string &what) {
    if (gaveUp)
      throw Abandon();
    diagnostics.report(Kind::Syntax, peek().loc, fmt::format("expected {}, but found {}", what, describe(peek())));
    throw Abandon();
  }

  /// Nothing sensible can follow; the rest of the file would only repeat this.
  [[noreturn]] void giveUp(SourceLocation loc, const std::string &message) {
    if (!gaveUp)
      diagnostics.report(Kind::TooDeep, loc, message);
    gaveUp = true;
    position = tokens.size() - 1;
    throw Abandon();
  }

  SourceLocation expect(std::string_view text, const char *why) {
    if (!at(text))
      expected(fmt::format("`{}` {}", text, why));
    return take().loc;
  }

  Token name(const char *what) {
    if (peek().kind != TokenKind::Name)
      expected(what);
    return take();
  }

  void skipNewlines() {
    while (peek().kind == TokenKind::Newline)
      take();
  }
  void skipSeparators() {
    while (peek().kind == TokenKind::Newline || at(";"))
      take();
  }

  /// Past the end of the statement at hand, without leaving the braces that it stands in.
  void skipStatement() {
    for (int depth = 0; peek().kind != TokenKind::End; take()) {
      if (at("{") || at("(") || at("["))
        ++depth;
      if (at("}") && depth == 0)
        return;
      if (at("}") || at(")") || at("]"))
        depth = std::max(0, depth - 1);
      if (depth == 0 && (peek().kind == TokenKind::Newline || at(";")))
        return;
    }
  }

  static bool startsDefinition(const Token &token) {
    static const std::string_view words[] = {"bijection", "network", "layer", "generative", "flow", "import"};
    return token.kind == TokenKind::Name &&
           std::find(std::begin(words), std::end(words), token.text) != std::end(words);
  }

  /// To the next line that begins a definition.
  void skipToTopLevel(size_t before) {
    position = std::max(position, before + 1);
    while (peek().kind != TokenKind::End &&
           !(startsDefinition(peek()) && tokens[position - 1].kind == TokenKind::Newline))
      take();
  }

  /// Counts nesting, and gives up where it is absurd.
  struct Nesting {
    explicit Nesting(Parser &parser) : parser(parser) {
      if (++parser.depth <= kDeepest)
        return;
      --parser.depth;
      parser.giveUp(parser.peek().loc, fmt::format("nested more than {} deep", kDeepest));
    }
    ~Nesting() { --parser.depth; }
    Parser &parser;
  };

  //===- definitions --------------------------------------------------------------------------------------------===//

  void topLevel(SyntaxTree &tree) {
    if (accept("import")) {
      if (peek().kind != TokenKind::String)
        expected("the file to import, in quotes");
      const Token &path = take();
      bool closed = path.raw.size() > 1 && path.raw.back() == '"';
      if (closed) // What is not was reported.
        tree.imports.push_back({path.text, path.loc});
    } else if (accept("bijection")) {
      bijection(tree);
    } else if (accept("network")) {
      withBody(tree, DefinitionKind::Network, false);
    } else if (accept("layer")) {
      withBody(tree, DefinitionKind::Layer, false);
    } else if (accept("generative")) {
      expect("layer", "after `generative`");
      withBody(tree, DefinitionKind::Layer, true);
    } else if (accept("flow")) {
      flow(tree);
    } else {
      std::string found = describe(peek());
      auto &diagnostic = diagnostics.report(
          Kind::Syntax, peek().loc,
          fmt::format("expected `bijection`, `network`, `layer`, `generative layer`, `flow` or `import`, but found {}",
                      found));
      diagnostic.suggestion =
          nearestName(peek().text, {"bijection", "network", "layer", "generative", "flow", "import"});
      throw Abandon();
    }
  }

  Definition head(DefinitionKind kind, const char *what) {
    Token token = name(what);
    Definition definition{kind, token.text, token.loc, false, {}, {}, false};
    expect("(", "to open the parameters");
    skipNewlines();
    while (!at(")")) {
      Token parameter = name("a parameter's name");
      Parameter entry{parameter.text, parameter.loc, nullptr, nullptr};
      if (accept(":"))
        entry.domain = domain();
      if (accept("="))
        entry.fallback = expression();
      for (const Parameter &known : definition.parameters)
        if (known.name == entry.name)
          diagnostics.report(Kind::Redefinition, entry.loc, fmt::format("the parameter `{}` occurs twice", entry.name));
      definition.parameters.push_back(std::move(entry));
      skipNewlines();
      if (!accept(",") && !accept(";"))
        break;
      skipNewlines();
    }
    SourceLocation close = expect(")", "to close the parameters");
    if (definition.parameters.empty()) {
      diagnostics.report(Kind::MissingArgument, close,
                         fmt::format("`{}` has no parameters; the first is its input", definition.name));
      throw Abandon();
    }
    return definition;
  }

  void bijection(SyntaxTree &tree) {
    Definition definition = head(DefinitionKind::Bijection, "the bijection's name");
    expect("=", "before the bijection's formula");
    skipNewlines();
    SourceLocation loc = peek().loc;
    Statement statement{StatementKind::Return, loc, {}, expression(), {}, {}, {}};
    definition.body.push_back(std::move(statement));
    endOfStatement();
    tree.definitions.push_back(std::move(definition));
  }

  void withBody(SyntaxTree &tree, DefinitionKind kind, bool generative) {
    Definition definition = head(kind, kind == DefinitionKind::Layer ? "the layer's name" : "the network's name");
    definition.generative = generative;
    definition.body = block();
    tree.definitions.push_back(std::move(definition));
  }

  ExprPtr domain() {
    Token token = name("a domain, such as `real` or `positive`");
    auto expr = std::make_shared<Expr>(Expr{ExprKind::Name, token.loc, 0, token.text, {}, {}});
    if (at("(")) {
      expr->kind = ExprKind::Call;
      expr->arguments = arguments();
    }
    return expr;
  }

  //===- statements ---------------------------------------------------------------------------------------------===//

  void endOfStatement() {
    if (peek().kind != TokenKind::Newline && peek().kind != TokenKind::End && !at(";") && !at("}") && !atDefinition())
      expected("the end of the statement");
  }

  /// A definition that begins where a statement should: the brace above was not closed.
  bool atDefinition() const {
    const Token &after = tokens[std::min(position + 1, tokens.size() - 1)];
    return position > 0 && tokens[position - 1].kind == TokenKind::Newline && startsDefinition(peek()) &&
           (after.kind == TokenKind::Name || after.kind == TokenKind::String);
  }

  void missingBrace(const char *what, SourceLocation open) {
    if (gaveUp)
      return;
    auto &diagnostic = diagnostics.report(
        Kind::Syntax, peek().loc, fmt::format("expected `}}` to close the {}, but found {}", what, describe(peek())));
    diagnostic.notes.push_back({open, "it was opened here"});
  }

  Block block() {
    Nesting nesting(*this);
    SourceLocation open = expect("{", "to open the body");
    Block statements;
    skipSeparators();
    while (!at("}")) {
      if (peek().kind == TokenKind::End || atDefinition()) {
        missingBrace("body", open);
        return statements;
      }
      try {
        statements.push_back(statement());
        endOfStatement();
      } catch (Abandon) {
        skipStatement();
      }
      skipSeparators();
    }
    take();
    return statements;
  }

  Statement statement() {
    SourceLocation loc = peek().loc;
    if (accept("return"))
      return {StatementKind::Return, loc, {}, expression(), {}, {}, {}};
    if (accept("param"))
      return {StatementKind::Param, loc, {}, nullptr, params(), {}, {}};
    if (accept("for")) {
      Token variable = name("the loop's variable");
      expect("in", "after the loop's variable");
      ExprPtr list = expression();
      return {StatementKind::For, loc, {{variable.text, variable.loc}}, list, {}, block(), {}};
    }
    if (accept("if")) {
      ExprPtr condition = expression();
      Statement result{StatementKind::If, loc, {}, condition, {}, block(), {}};
      if (!accept("else"))
        return result;
      if (at("if")) {
        Nesting nesting(*this);
        result.otherwise.push_back(statement());
      } else {
        result.otherwise = block();
      }
      return result;
    }
    return assignment();
  }

  Statement assignment() {
    Statement result{StatementKind::Assign, peek().loc, {}, nullptr, {}, {}, {}};
    do {
      Token target = name("a statement: an assignment, `param`, `for`, `if` or `return`");
      result.targets.push_back({target.text, target.loc});
    } while (accept(","));
    expect("=", "in the assignment");
    skipNewlines();
    result.value = expression();
    return result;
  }

  std::vector<ParamDecl> params() {
    std::vector<ParamDecl> result;
    do {
      skipNewlines();
      Token token = name("the parameter's name");
      ParamDecl decl{token.text, token.loc, nullptr, {}, nullptr, nullptr, nullptr};
      expect(":", "before the parameter's domain");
      decl.domain = domain();
      if (accept("[")) {
        do
          decl.shape.push_back(expression());
        while (accept(","));
        expect("]", "to close the shape");
      }
      if (accept("="))
        decl.value = expression();
      else if (accept("~"))
        decl.distribution = domain();
      if (at("start")) {
        take();
        decl.start = expression();
      }
      result.push_back(std::move(decl));
    } while (accept(","));
    return result;
  }

  //===- expressions --------------------------------------------------------------------------------------------===//

  ExprPtr make(ExprKind kind, SourceLocation loc, std::string text, std::vector<ExprPtr> items,
               std::vector<Argument> arguments = {}) {
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

  ExprPtr expression() {
    Nesting nesting(*this);
    ExprPtr left = binary(0);
    return left;
  }

  /// Operators from loosely to tightly binding; ^ and the unary minus are apart.
  static int levelOf(const Token &token) {
    if (token.kind != TokenKind::Symbol)
      return -1;
    static const std::vector<std::vector<std::string_view>> levels = {
        {"<", "<=", ">", ">=", "==", "!="}, {"+", "-"}, {"*", "/"}};
    for (size_t level = 0; level < levels.size(); ++level)
      if (std::find(levels[level].begin(), levels[level].end(), token.text) != levels[level].end())
        return static_cast<int>(level);
    return -1;
  }

  ExprPtr binary(int level) {
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

  ExprPtr unary() {
    Nesting nesting(*this);
    if (!at("-"))
      return power();
    Token op = take();
    return make(ExprKind::Unary, op.loc, "-", {unary()});
  }

  ExprPtr power() {
    ExprPtr base = postfix();
    if (!at("^"))
      return base;
    Token op = take();
    return make(ExprKind::Binary, op.loc, "^", {base, unary()});
  }

  ExprPtr postfix() {
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

  ExprPtr primary() {
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

  ExprPtr list() {
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

  ExprPtr record() {
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

  std::vector<Argument> arguments() {
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

  //===- the flow -----------------------------------------------------------------------------------------------===//

  void flow(SyntaxTree &tree) {
    Token token = name("the flow's name");
    FlowDecl decl{token.text, token.loc, nullptr, nullptr, {}, {}, nullptr, nullptr};
    SourceLocation open = expect("{", "to open the flow");
    flowItems(decl, decl.items, open, true);
    if (!decl.features) {
      diagnostics.report(
          Kind::MissingKey, decl.loc,
          fmt::format("the flow `{}` does not say what its data is; expected `data real[n]`", decl.name));
      return;
    }
    if (tree.flow) {
      auto &diagnostic = diagnostics.report(Kind::DuplicateDefinition, decl.loc, "a file defines one flow");
      diagnostic.notes.push_back({tree.flow->loc, "the first is here"});
      return;
    }
    tree.flow = std::move(decl);
  }

  void flowItems(FlowDecl &decl, std::vector<FlowItem> &items, SourceLocation open, bool outermost) {
    Nesting nesting(*this);
    skipSeparators();
    while (!at("}")) {
      if (peek().kind == TokenKind::End || atDefinition()) {
        missingBrace(outermost ? "flow" : "repetition", open);
        return;
      }
      try {
        flowItem(decl, items, outermost);
        endOfStatement();
      } catch (Abandon) {
        skipStatement();
      }
      skipSeparators();
    }
    take();
  }

  /// Whether the next words are `KEYWORD something` rather than a layer that is called so.
  bool atKeyword(std::string_view word) const {
    const Token &after = tokens[std::min(position + 1, tokens.size() - 1)];
    return at(word) && after.kind != TokenKind::Newline && after.kind != TokenKind::End && after.text != "(" &&
           after.text != ";";
  }

  /// `data`, `base` and `train` stand once, directly in the flow.
  void once(std::string_view word, bool outermost, bool stated) {
    if (!outermost || stated)
      diagnostics.report(
          outermost ? Kind::DuplicateDefinition : Kind::Syntax, peek().loc,
          fmt::format("`{}` {}", word, outermost ? "is stated twice" : "stands in the flow itself, not in a `repeat`"));
    take();
  }

  void flowItem(FlowDecl &decl, std::vector<FlowItem> &items, bool outermost) {
    SourceLocation loc = peek().loc;
    if (atKeyword("repeat")) {
      take();
      FlowItem item{FlowItemKind::Repeat, loc, nullptr, expression(), "", {}};
      if (accept("as"))
        item.variable = name("the name of the repetition's number").text;
      SourceLocation open = expect("{", "to open what is repeated");
      flowItems(decl, item.items, open, false);
      items.push_back(std::move(item));
    } else if (atKeyword("data")) {
      once("data", outermost, decl.features != nullptr);
      decl.dataLoc = loc;
      decl.dataDomain = domain();
      expect("[", "before the number of features");
      decl.features = expression();
      expect("]", "after the number of features");
    } else if (atKeyword("base")) {
      once("base", outermost, decl.base != nullptr);
      decl.base = postfix();
    } else if (atKeyword("train")) {
      once("train", outermost, decl.train != nullptr);
      if (!at("{"))
        expected("`{` to open the training settings");
      decl.train = record();
    } else {
      if (peek().kind != TokenKind::Name)
        expected("a layer, `repeat`, `data`, `base` or `train`");
      items.push_back({FlowItemKind::Layer, loc, postfix(), nullptr, "", {}});
    }
  }

  std::vector<Token> tokens;
  Diagnostics &diagnostics;
  size_t position = 0;
  int depth = 0;
  bool gaveUp = false;
};

} // namespace

SyntaxTree parseFlow(const SourceManager &sources, uint32_t file, Diagnostics &diagnostics) {
  std::vector<Token> tokens = lex(sources.file(file).text, {file}, diagnostics);
  // Text that breaks off at a stray byte would only give errors that follow from it.
  if (!diagnostics.all().empty() && diagnostics.all().back().kind == Kind::NotUtf8)
    return {};
  return Parser(std::move(tokens), diagnostics).file();
}

std::vector<Definition> parseDefinitions(std::string_view text, const Embedded &place, Diagnostics &diagnostics) {
  TextPlace where{place.file, place.line, place.columns.data()};
  return Parser(lex(text, where, diagnostics), diagnostics).file().definitions;
}

} // namespace flowc::dsl
