// SPDX-License-Identifier: MIT

#include "dsl/TreePrinter.h"

#include <fmt/format.h>

namespace flowc::dsl {
namespace {

std::string join(const std::vector<ExprPtr> &items) {
  std::string text;
  for (const ExprPtr &item : items)
    text += (text.empty() ? "" : ", ") + (item ? printExpr(*item) : "");
  return text;
}

std::string join(const std::vector<Argument> &arguments) {
  std::string text;
  for (const Argument &argument : arguments)
    text +=
        (text.empty() ? "" : ", ") + (argument.name.empty() ? "" : argument.name + " = ") + printExpr(*argument.value);
  return text;
}

class TreePrinter {
public:
  std::string print(const SyntaxTree &tree) {
    for (const Import &import : tree.imports)
      line("import \"{}\"", import.path);
    for (const Definition &definition : tree.definitions)
      printDefinition(definition);
    if (tree.flow)
      printFlow(*tree.flow);
    return std::move(out);
  }

private:
  template <typename... Args> void line(fmt::format_string<Args...> format, Args &&...args) {
    out += std::string(2 * depth, ' ') + fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  template <typename Body> void nested(Body body) {
    ++depth;
    body();
    --depth;
  }

  void printDefinition(const Definition &definition) {
    static constexpr const char *names[] = {"bijection", "network", "layer", "energy"};
    line("{}{} {}", definition.generative ? "generative " : "", names[static_cast<size_t>(definition.kind)],
         definition.name);
    nested([&] {
      for (const Parameter &parameter : definition.parameters)
        line("parameter {}{}{}{}{}", parameter.name, parameter.domain ? ": " + printExpr(*parameter.domain) : "",
             parameter.size ? "[" + printExpr(*parameter.size) + "]" : "",
             parameter.fallback ? " = " + printExpr(*parameter.fallback) : "",
             parameter.distribution ? " ~ " + printExpr(*parameter.distribution) : "");
      printBlock(definition.body);
    });
  }

  void printBlock(const Block &block) {
    for (const Statement &statement : block)
      printStatement(statement);
  }

  void printStatement(const Statement &statement) {
    switch (statement.kind) {
    case StatementKind::Assign: {
      std::string targets;
      for (const Target &target : statement.targets)
        targets += (targets.empty() ? "" : ", ") + target.name;
      return line("assign {} = {}", targets, printExpr(*statement.value));
    }
    case StatementKind::Return:
      return line("return {}", printExpr(*statement.value));
    case StatementKind::Assume:
      return line("assume {}", printExpr(*statement.value));
    case StatementKind::Running:
      for (size_t i = 0; i < statement.targets.size(); ++i)
        line("running {} = {}", statement.targets[i].name, printExpr(*statement.value->items[i]));
      return;
    case StatementKind::Param:
      for (const ParamDecl &decl : statement.params)
        line("param {}: {}{}{}{}{}", decl.name, printExpr(*decl.domain),
             decl.shape.empty() ? "" : "[" + join(decl.shape) + "]", decl.value ? " = " + printExpr(*decl.value) : "",
             decl.distribution ? " ~ " + printExpr(*decl.distribution) : "",
             decl.start ? " start " + printExpr(*decl.start) : "");
      return;
    case StatementKind::For:
      line("for {} in {}", statement.targets[0].name, printExpr(*statement.value));
      return nested([&] { printBlock(statement.body); });
    case StatementKind::If:
      line("if {}", printExpr(*statement.value));
      nested([&] { printBlock(statement.body); });
      if (statement.otherwise.empty())
        return;
      line("else");
      return nested([&] { printBlock(statement.otherwise); });
    }
  }

  void printItems(const std::vector<FlowItem> &items) {
    for (const FlowItem &item : items) {
      if (item.kind == FlowItemKind::Layer) {
        line("layer {}", printExpr(*item.layer));
        continue;
      }
      line("repeat {}{}", printExpr(*item.count), item.variable.empty() ? "" : " as " + item.variable);
      nested([&] { printItems(item.items); });
    }
  }

  void printFlow(const FlowDecl &flow) {
    line("flow {}", flow.name);
    nested([&] {
      std::string sizes = printExpr(*flow.features);
      line("data {}{}", printExpr(*flow.dataDomain), flow.features->kind == ExprKind::List ? sizes : "[" + sizes + "]");
      if (flow.contextSize)
        line("context {}[{}]", printExpr(*flow.contextDomain), printExpr(*flow.contextSize));
      printItems(flow.items);
      line("base {}", flow.base ? printExpr(*flow.base) : "normal");
      if (flow.objective)
        line("objective {}", printExpr(*flow.objective));
      if (flow.train)
        line("train {}", printExpr(*flow.train));
    });
  }

  std::string out;
  int depth = 0;
};

} // namespace

std::string printExpr(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Number:
    return fmt::format("{}", expr.number);
  case ExprKind::String:
    return fmt::format("\"{}\"", expr.text);
  case ExprKind::Name:
    return expr.text;
  case ExprKind::List:
    return "[" + join(expr.items) + "]";
  case ExprKind::Call:
    return expr.text + "(" + join(expr.arguments) + ")";
  case ExprKind::Unary:
    return "(-" + printExpr(*expr.items[0]) + ")";
  case ExprKind::Binary:
    return "(" + printExpr(*expr.items[0]) + " " + expr.text + " " + printExpr(*expr.items[1]) + ")";
  case ExprKind::Index:
    return printExpr(*expr.items[0]) + "[" + printExpr(*expr.items[1]) + "]";
  case ExprKind::Slice:
    return printExpr(*expr.items[0]) + "[" + (expr.items[1] ? printExpr(*expr.items[1]) : "") + ":" +
           (expr.items[2] ? printExpr(*expr.items[2]) : "") + "]";
  case ExprKind::Record:
    return "{ " + join(expr.arguments) + " }";
  }
  return {};
}

std::string printTree(const SyntaxTree &tree) { return TreePrinter().print(tree); }

} // namespace flowc::dsl
