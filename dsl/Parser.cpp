// SPDX-License-Identifier: MIT
//
// Tokens to syntax tree, by recursive descent: definitions, statements, the flow. After an error the parser skips to
// the next statement or definition, so that one run shows several.

#include "dsl/ExpressionParser.h"
#include "dsl/Readers.h"

namespace flowc::dsl {
namespace {

class Parser : ExpressionParser {
public:
  Parser(std::vector<Token> tokens, Diagnostics &diagnostics) : ExpressionParser(std::move(tokens), diagnostics) {}

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
      withFormula(tree, DefinitionKind::Bijection, "the bijection's name");
    } else if (accept("energy")) {
      withFormula(tree, DefinitionKind::Energy, "the energy's name");
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
          fmt::format("expected `bijection`, `network`, `layer`, `generative layer`, `energy`, `flow` or `import`, but found {}",
                      found));
      diagnostic.suggestion =
          nearestName(peek().text, {"bijection", "network", "layer", "generative", "energy", "flow", "import"});
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
      Parameter entry{parameter.text, parameter.loc, nullptr, nullptr, nullptr, nullptr};
      if (accept(":"))
        entry.domain = domain();
      bool learned = kind == DefinitionKind::Bijection && !definition.parameters.empty();
      if (entry.domain && at("[")) {
        onlyLearned(learned, "a size in brackets");
        entry.size = expression();
        expect("]", "to close the size");
      }
      if (accept("="))
        entry.fallback = expression();
      else if (at("~")) {
        onlyLearned(learned, "`~`");
        entry.distribution = domain();
      }
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

  /// Takes the next token, which only a parameter that a bijection learns may have after its name.
  void onlyLearned(bool learned, const char *what) {
    if (!learned)
      diagnostics.report(Kind::Syntax, peek().loc,
                         fmt::format("{} stands only at a parameter of a bijection, after its input", what));
    take();
  }

  void withFormula(SyntaxTree &tree, DefinitionKind kind, const char *what) {
    Definition definition = head(kind, what);
    if (at("{")) {
      definition.body = block();
    } else {
      expect("=", kind == DefinitionKind::Bijection ? "before the bijection's formula" : "before the energy's formula");
      skipNewlines();
      SourceLocation loc = peek().loc;
      Statement statement{StatementKind::Return, loc, {}, expression(), {}, {}, {}};
      definition.body.push_back(std::move(statement));
      endOfStatement();
    }
    tree.definitions.push_back(std::move(definition));
  }

  void withBody(SyntaxTree &tree, DefinitionKind kind, bool generative) {
    Definition definition = head(kind, kind == DefinitionKind::Layer ? "the layer's name" : "the network's name");
    definition.generative = generative;
    definition.body = block();
    tree.definitions.push_back(std::move(definition));
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
    if (atAssume()) {
      take();
      return {StatementKind::Assume, loc, {}, expression(), {}, {}, {}};
    }
    if (atRunning()) {
      take();
      return running(loc);
    }
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

  /// `assume FORMULA`, rather than an assignment to a name `assume`.
  bool atAssume() const {
    const Token &after = tokens[std::min(position + 1, tokens.size() - 1)];
    return at("assume") && after.kind != TokenKind::Newline && after.kind != TokenKind::End && after.text != "=" && after.text != ",";
  }

  /// `running NAME = STATISTIC`, rather than an assignment to a name `running`.
  bool atRunning() const {
    return at("running") && tokens[std::min(position + 1, tokens.size() - 1)].kind == TokenKind::Name;
  }

  Statement running(SourceLocation loc) {
    Statement result{StatementKind::Running, loc, {}, nullptr, {}, {}, {}};
    std::vector<ExprPtr> statistics;
    uint32_t height = 0;
    do {
      skipNewlines();
      Token target = name("the statistic's name");
      result.targets.push_back({target.text, target.loc});
      expect("=", "before the statistic");
      skipNewlines();
      statistics.push_back(expression());
      height = std::max(height, statistics.back()->height);
    } while (accept(","));
    result.value = std::make_shared<const Expr>(Expr{ExprKind::List, loc, 0, "", std::move(statistics), {}, height + 1});
    return result;
  }

  Statement assignment() {
    Statement result{StatementKind::Assign, peek().loc, {}, nullptr, {}, {}, {}};
    do {
      Token target = name("a statement: an assignment, `param`, `running`, `assume`, `for`, `if` or `return`");
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

  //===- the flow -----------------------------------------------------------------------------------------------===//

  void flow(SyntaxTree &tree) {
    Token token = name("the flow's name");
    FlowDecl decl{token.text, token.loc, nullptr, nullptr, {}, {}, nullptr, nullptr, nullptr};
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

  /// `data`, `context`, `base`, `objective` and `train` stand once, directly in the flow.
  void once(std::string_view word, bool outermost, bool stated) {
    if (!outermost || stated)
      diagnostics.report(
          outermost ? Kind::DuplicateDefinition : Kind::Syntax, peek().loc,
          fmt::format("`{}` {}", word, outermost ? "is stated twice" : "stands in the flow itself, not in a `repeat`"));
    take();
  }

  /// One size, or a list of several.
  ExprPtr sizes() {
    SourceLocation loc = peek().loc;
    std::vector<ExprPtr> several{expression()};
    while (accept(","))
      several.push_back(expression());
    if (several.size() == 1)
      return several[0];
    uint32_t height = 0;
    for (const ExprPtr &size : several)
      height = std::max(height, size->height);
    return std::make_shared<const Expr>(Expr{ExprKind::List, loc, 0, "", std::move(several), {}, height + 1});
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
      decl.features = sizes();
      expect("]", "after the number of features");
    } else if (atKeyword("context")) {
      once("context", outermost, decl.contextSize != nullptr);
      decl.contextDomain = domain();
      expect("[", "before the size of the context");
      decl.contextSize = expression();
      expect("]", "after the size of the context");
    } else if (atKeyword("base")) {
      once("base", outermost, decl.base != nullptr);
      decl.base = postfix();
    } else if (atKeyword("objective")) {
      once("objective", outermost, decl.objective != nullptr);
      decl.objective = postfix();
    } else if (atKeyword("train")) {
      once("train", outermost, decl.train != nullptr);
      if (!at("{"))
        expected("`{` to open the training settings");
      decl.train = record();
    } else {
      if (peek().kind != TokenKind::Name)
        expected("a layer, `repeat`, `data`, `context`, `base`, `objective` or `train`");
      items.push_back({FlowItemKind::Layer, loc, postfix(), nullptr, "", {}});
    }
  }
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
