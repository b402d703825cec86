// SPDX-License-Identifier: MIT

#include "dsl/Frontend.h"

#include "dsl/Elaborate.h"
#include "dsl/Mentions.h"
#include "dsl/Prelude.h"
#include "dsl/Readers.h"
#include "dsl/TrainSettings.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <set>

namespace flowc::dsl {
namespace {

bool isJson(const std::string &path) { return std::filesystem::path(path).extension() == ".json"; }

/// Reads files and what they import, each once.
class Loader {
public:
  Loader(Spec &spec, SourceManager &sources, Diagnostics &diagnostics)
      : spec(spec), sources(sources), diagnostics(diagnostics) {
    for (size_t i = 0; i < spec.definitions.size(); ++i)
      places.emplace(spec.definitions[i]->name, i);
  }

  SyntaxTree load(uint32_t file) {
    const std::string &path = sources.file(file).name;
    SyntaxTree tree = isJson(path) ? readJson(sources, file, diagnostics) : parseFlow(sources, file, diagnostics);
    open.insert(path);
    for (const Import &import : tree.imports)
      loadImport(import, path);
    open.erase(path);
    done.insert(path);
    for (const Definition &definition : tree.definitions)
      define(definition);
    for (const FlowDecl &known : spec.importedFlows)
      if (tree.flow && known.name == tree.flow->name)
        twice(known.name, tree.flow->loc, known.loc);
    return tree;
  }

private:
  void loadImport(const Import &import, const std::string &from) {
    std::filesystem::path path = std::filesystem::path(from).parent_path() / import.path;
    std::string name = path.lexically_normal().string();
    if (open.count(name)) {
      diagnostics.report(Kind::ImportCycle, import.loc,
                         fmt::format("`{}` imports itself, through this import", import.path));
      return;
    }
    if (done.count(name))
      return;
    auto file = sources.read(name);
    if (!file) {
      diagnostics.report(Kind::ImportNotFound, import.loc, fmt::format("cannot read `{}`", name));
      return;
    }
    // An imported flow may be the one that the spec's own learns from.
    if (auto flow = load(*file).flow)
      spec.importedFlows.push_back(*flow);
  }

  void twice(const std::string &name, SourceLocation loc, SourceLocation first) {
    auto &diagnostic = diagnostics.report(Kind::DuplicateDefinition, loc, fmt::format("`{}` is defined twice", name));
    diagnostic.notes.push_back({first, "the first definition is here"});
  }

  void define(const Definition &definition) {
    auto [place, isNew] = places.emplace(definition.name, spec.definitions.size());
    if (isNew) {
      spec.definitions.push_back(std::make_shared<const Definition>(definition));
      return;
    }
    auto &known = spec.definitions[place->second];
    if (known->prelude) {
      known = std::make_shared<const Definition>(definition);
      return;
    }
    twice(definition.name, definition.loc, known->loc);
  }

  Spec &spec;
  SourceManager &sources;
  Diagnostics &diagnostics;
  std::set<std::string> open, done;
  std::map<std::string, size_t> places; ///< Of the spec's definitions, by name.
};

} // namespace

std::vector<std::shared_ptr<const Definition>> loadPrelude(SourceManager &sources, Diagnostics &diagnostics) {
  std::vector<std::shared_ptr<const Definition>> definitions;
  for (const PreludeFile &file : preludeFiles()) {
    uint32_t number = sources.add(std::string(file.name), std::string(file.text));
    for (Definition &definition : parseFlow(sources, number, diagnostics).definitions) {
      definition.prelude = true;
      definitions.push_back(std::make_shared<const Definition>(std::move(definition)));
    }
  }
  return definitions;
}

std::optional<Spec> loadSpec(const std::string &path, SourceManager &sources, Diagnostics &diagnostics) {
  auto file = sources.read(path);
  if (!file)
    return std::nullopt;
  return loadSpec(*file, sources, diagnostics);
}

namespace {

Spec loadTree(uint32_t file, SourceManager &sources, Diagnostics &diagnostics) {
  Spec spec;
  spec.path = sources.file(file).name;
  spec.text = sources.file(file).text;
  spec.definitions = loadPrelude(sources, diagnostics);
  spec.tree = Loader(spec, sources, diagnostics).load(file);
  return spec;
}

/// A flow that has `definition` as its only layer; with a context of as many numbers as features where the file's definitions want one.
FlowDecl trialFlow(const Definition &definition, int64_t features, bool conditional) {
  auto expression = [&](Expr value) {
    value.loc = definition.loc;
    return std::make_shared<const Expr>(std::move(value));
  };
  Expr size{ExprKind::Number, {}};
  size.number = static_cast<double>(features);
  Expr real{ExprKind::Name, {}}, layer{ExprKind::Name, {}};
  real.text = "real";
  layer.text = definition.name;
  FlowDecl flow{definition.name, definition.loc, expression(real), expression(size), definition.loc, {}, nullptr, nullptr, nullptr};
  if (conditional) {
    flow.contextDomain = flow.dataDomain;
    flow.contextSize = flow.features;
    flow.contextMayBeUnused = true;
  }
  flow.items.push_back({FlowItemKind::Layer, definition.loc, expression(layer), nullptr, "", {}});
  return flow;
}

} // namespace

std::vector<Spec> loadTrials(const std::string &path, const std::string &name, int64_t features, SourceManager &sources,
                             Diagnostics &diagnostics) {
  std::vector<Spec> trials;
  auto file = sources.read(path);
  if (!file)
    return trials;
  Spec whole = loadTree(*file, sources, diagnostics);
  bool conditional = std::any_of(whole.tree.definitions.begin(), whole.tree.definitions.end(),
                                 [](const Definition &definition) { return mentions(definition, "context"); });
  for (const Definition &definition : whole.tree.definitions) {
    if (!isLayer(definition.kind) || (!name.empty() && definition.name != name))
      continue;
    trials.push_back(whole);
    trials.back().tree.flow = trialFlow(definition, features, conditional);
  }
  return trials;
}

Spec loadSpec(uint32_t file, SourceManager &sources, Diagnostics &diagnostics) {
  Spec spec = loadTree(file, sources, diagnostics);
  if (!spec.tree.flow && !diagnostics.hasErrors())
    diagnostics.report(Kind::NoFlow, {file, 1, 1, 1}, "this file defines no flow; expected `flow NAME { ... }`");
  if (spec.tree.flow && spec.tree.flow->train)
    spec.train = readTrainSettings(*spec.tree.flow->train, diagnostics);
  return spec;
}

bool elaborate(const Spec &spec, GraphBuilder &builder, Diagnostics &diagnostics) {
  if (!spec.tree.flow)
    return false;
  Definitions definitions;
  for (const auto &definition : spec.definitions)
    definitions[definition->name] = definition.get();
  return elaborateFlow(*spec.tree.flow, spec.importedFlows, definitions, builder, diagnostics);
}

} // namespace flowc::dsl
