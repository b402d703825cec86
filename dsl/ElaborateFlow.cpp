// SPDX-License-Identifier: MIT
//
// The flow itself: its layers in order, the base last.

#include "dsl/Elaborator.h"

#include <algorithm>

namespace flowc::dsl {
namespace {

constexpr int64_t kMostFeatures = 1'000'000;
constexpr int64_t kMostLayers = 100'000;
constexpr int64_t kMostSteps = 5'000'000;
constexpr int kDeepest = 1000;
/// Notes shown of a long chain of calls: the innermost and the outermost.
constexpr size_t kInnerNotes = 5, kOuterNotes = 2;

bool onOneLine(SourceLocation a, SourceLocation b) { return a.file == b.file && a.line == b.line; }

} // namespace

Elaborator::Elaborator(const Definitions &definitions, GraphBuilder &builder, Diagnostics &diagnostics)
    : definitions(definitions), builder(builder), diagnostics(diagnostics) {
  for (const ScalarFunction &function : builder.scalarFunctions())
    scalarArity[function.name] = function.arity;
  for (const auto &[name, definition] : definitions)
    if (definition->prelude)
      preludeFiles.insert(definition->loc.file);
}

Diagnostic &Elaborator::report(Kind kind, SourceLocation loc, std::string message, SourceLocation blamed) {
  SourceLocation shown = loc;
  size_t outer = frames.size();
  if (inPrelude(loc)) {
    while (outer > 0 && inPrelude(frames[outer - 1].loc))
      --outer;
    if (outer > 0)
      shown = blamed.line ? blamed : frames[outer - 1].loc;
  }
  Diagnostic &diagnostic = diagnostics.report(kind, shown, std::move(message));
  if (inPrelude(loc) && !inPrelude(shown)) {
    auto frame = std::find_if(frames.rbegin(), frames.rend(), [](const Frame &f) { return f.definition->prelude; });
    diagnostic.notes.push_back({loc, fmt::format("found here, in the prelude's `{}`", frame->definition->name)});
  }
  for (size_t i = outer; i-- > 0;) {
    if (outer - i > kInnerNotes && i >= kOuterNotes)
      continue;
    if (!onOneLine(frames[i].loc, shown))
      diagnostic.notes.push_back({frames[i].loc, fmt::format("in this use of `{}`", frames[i].definition->name)});
  }
  return diagnostic;
}

Elaborator::Step::Step(Elaborator &elaborator, SourceLocation loc) : elaborator(elaborator) {
  ++elaborator.depth;
  ++elaborator.steps;
  if (!elaborator.exhausted && elaborator.depth > kDeepest) {
    elaborator.exhausted = true;
    elaborator.fail(Kind::TooDeep, loc, "calls and expressions are nested more than {} deep", kDeepest);
  }
  if (!elaborator.exhausted && elaborator.steps > kMostSteps) {
    elaborator.exhausted = true;
    elaborator.fail(Kind::TooLarge, loc, "the flow unrolls into more than {} steps; this is where it was given up",
                    kMostSteps);
  }
  good = !elaborator.exhausted;
}

bool elaborateFlow(const FlowDecl &flow, const std::vector<FlowDecl> &others, const Definitions &definitions,
                   GraphBuilder &builder, Diagnostics &diagnostics) {
  return Elaborator(definitions, builder, diagnostics).runFlow(flow, others) && !diagnostics.hasErrors();
}

bool Elaborator::readFeatures(const FlowDecl &flow) {
  auto given = evaluate(flow.features, {});
  if (!given)
    return false;
  auto sizes = given->as<ListThing>() ? integers(*given, flow.features->loc, "the sizes of the data") : std::nullopt;
  auto size = given->as<ListThing>() ? std::nullopt : integer(*given, flow.features->loc, "the number of features");
  if (!sizes && !size)
    return false;
  eventShape = sizes ? *sizes : Shape{*size};
  features = 1;
  for (int64_t extent : eventShape) {
    if (extent < 1 || extent > kMostFeatures)
      return reject(Kind::BadSize, flow.features->loc, "{} features; expected 1 to {}", extent, kMostFeatures);
    features *= extent;
    if (features > kMostFeatures)
      return reject(Kind::BadSize, flow.features->loc, "{} features; expected 1 to {}", features, kMostFeatures);
  }
  return true;
}

Thing Elaborator::event() const {
  std::vector<Thing> sizes;
  for (int64_t size : eventShape)
    sizes.push_back(Thing{double(size)});
  return Thing::list(std::move(sizes));
}

/// How many features the flow's data has and where they lie.
bool Elaborator::readSpace(const FlowDecl &flow) {
  if (!readFeatures(flow))
    return false;
  if (flow.dataDomain) {
    auto domain = readDomain(flow.dataDomain, {});
    if (!domain)
      return false;
    dataDomain = intervalOf(*domain);
  }
  return readContext(flow);
}

bool Elaborator::readContext(const FlowDecl &flow) {
  if (!flow.contextSize)
    return true;
  auto given = evaluate(flow.contextSize, {});
  bool isLabel = flow.contextDomain->text == "label" && flow.contextDomain->kind == ExprKind::Name;
  auto size = given ? integer(*given, flow.contextSize->loc, isLabel ? "the number of labels" : "the size of the context") : std::nullopt;
  if (!size)
    return false;
  int64_t fewest = isLabel ? 2 : 1;
  if (*size < fewest || *size > kMostFeatures)
    return reject(Kind::BadSize, flow.contextSize->loc, "a context of {} {}; expected {} to {}", *size, isLabel ? "labels" : "numbers",
                  fewest, kMostFeatures);
  context = ContextInfo{*size, std::nullopt, isLabel};
  if (isLabel)
    return true;
  auto domain = readDomain(flow.contextDomain, {});
  if (!domain)
    return false;
  context->range = intervalOf(*domain);
  bool ofElements = domain->kind != Domain::Kind::Simplex && domain->kind != Domain::Kind::Ordered && domain->kind != Domain::Kind::Norm;
  return ofElements ||
         reject(Kind::BadDomain, flow.contextDomain->loc,
                "a context is `real`, `positive`, `unit`, `bounded(low, high)` or `label`, element by element, not `{}`",
                flow.contextDomain->text);
}

bool Elaborator::runFlow(const FlowDecl &flow, const std::vector<FlowDecl> &others) {
  bool named = checkNames();
  if (!readSpace(flow))
    return false;
  builder.beginModel(flow.name, features, flow.loc);
  if (dataDomain)
    builder.dataDomain(*dataDomain);
  if (context)
    builder.takesContext(*context);
  drawsSamples = flow.objective && flow.objective->text != "likelihood";
  bool good = runItems(flow.items);
  static const auto standard = std::make_shared<const Expr>(Expr{ExprKind::Name, {}, 0, "normal", {}, {}});
  iteration = 0;
  good &= runLayer(flow.base ? flow.base : standard, true);
  const FlowDecl *teacher = nullptr;
  if (flow.objective)
    good &= runObjective(flow.objective, others, teacher);
  builder.endModel();
  // A teacher that sees the context is reason enough to state it.
  if (context && good && !contextIsSeen && !flow.contextMayBeUnused && !teacher)
    return reject(Kind::UnusedContext, flow.contextSize->loc,
                  "nothing in the flow sees its context; a network of the prelude does, and so does a layer that speaks of `context`, such as "
                  "`conditional_affine`");
  if (teacher && good) {
    // Only as a density: what it was trained by itself does not matter here.
    FlowDecl model = *teacher;
    model.objective = nullptr;
    good = Elaborator(definitions, builder, diagnostics).runFlow(model, {});
  }
  return good && named;
}

bool Elaborator::runItems(const std::vector<FlowItem> &items) {
  // All items, so that one run shows what is wrong in each.
  bool good = true;
  for (const FlowItem &item : items)
    good &= item.kind == FlowItemKind::Repeat ? runRepeat(item) : runLayer(item.layer, false);
  return good;
}

bool Elaborator::runRepeat(const FlowItem &item) {
  auto count = evaluate(item.count, flowScope);
  auto number = count ? integer(*count, item.count->loc, "the number of repetitions") : std::nullopt;
  if (!number)
    return false;
  if (*number < 0 || *number > kMostLayers) {
    fail(Kind::BadSize, item.count->loc, "{} repetitions; expected 0 to {}", *number, kMostLayers);
    return false;
  }
  int64_t outer = iteration;
  Scope outerScope = flowScope;
  bool good = true;
  for (int64_t i = 0; i < *number && good; ++i) {
    Step step(*this, item.loc);
    iteration = i;
    if (!item.variable.empty())
      flowScope.insert_or_assign(item.variable, Thing{double(i)});
    good = step && runItems(item.items);
  }
  iteration = outer;
  flowScope = std::move(outerScope);
  return good;
}

bool Elaborator::runLayer(const ExprPtr &expr, bool base) {
  if (++layerCount > kMostLayers) {
    fail(Kind::TooLarge, expr->loc, "the flow has more than {} layers", kMostLayers);
    return false;
  }
  ExprPtr layer = expr;
  bool flip = false;
  while (layer->kind == ExprKind::Call && layer->text == "inverse" && layer->arguments.size() == 1) {
    layer = layer->arguments[0].value;
    flip = !flip;
  }
  if (layer->text == "inverse" && (layer->kind == ExprKind::Name || layer->kind == ExprKind::Call))
    return reject(layer->arguments.size() > 1 ? Kind::TooManyArguments : Kind::MissingArgument, layer->loc,
                  "`inverse` takes one layer, as in `inverse(affine)`");
  if (layer->kind != ExprKind::Name && layer->kind != ExprKind::Call) {
    fail(Kind::TypeMismatch, layer->loc, "expected a layer");
    return false;
  }
  auto found = definitions.find(layer->text);
  bool isOne = found != definitions.end() && isLayer(found->second->kind);
  if (!isOne) {
    std::vector<std::string> known;
    for (const auto &[name, definition] : definitions)
      if (isLayer(definition->kind))
        known.push_back(name);
    const char *wanted = base ? "base" : "layer";
    std::string what = fmt::format("no {} is called `{}`", wanted, layer->text);
    if (found != definitions.end())
      what = fmt::format("`{}` is {}, not a {}", layer->text,
                         found->second->kind == DefinitionKind::Network ? "a network" : "an energy",
                         base ? "base; a base is a bijection onto (0, 1), or a layer onto as many such intervals" : "layer");
    report(Kind::UnknownLayer, layer->loc, what).suggestion = nearestName(layer->text, known);
    return false;
  }
  return buildLayer(*found->second, layer->arguments, layer->loc, flip, base);
}

bool Elaborator::bindLayerArguments(const Definition &definition, const std::vector<Argument> &arguments,
                                    SourceLocation loc, Scope &scope) {
  auto values = evaluateArguments(arguments, flowScope);
  if (!values)
    return false;
  Thing input = scope.begin()->second;
  scope.clear();
  if (!bindParameters(definition, *values, 1, nullptr, scope))
    return false;
  // A default may ask how long the input is.
  scope.insert_or_assign(definition.parameters[0].name, input);
  return bindFallbacks(definition, 1, loc, scope);
}

/// Where the layer's input lies: its own domain, in which its arguments may stand, or else the data's.
bool Elaborator::stateDomain(const Parameter &input, const LayerInfo &info, const Scope &scope) {
  std::optional<Interval> domain = layerCount == 1 && !info.generative ? dataDomain : std::nullopt;
  if (input.domain) {
    auto declared = readDomain(input.domain, scope);
    if (!declared)
      return false;
    domain = intervalOf(*declared);
  }
  if (domain)
    builder.layerDomain(*domain);
  return true;
}

bool Elaborator::buildLayer(const Definition &definition, const std::vector<Argument> &arguments, SourceLocation loc,
                            bool flip, bool base) {
  LayerInfo info{fmt::format("{}.{}", layerCount - 1, definition.name), definition.name, features,
                 definition.generative != flip, base};
  const Parameter &input = definition.parameters[0];
  path = info.name;
  probes.clear();
  startRule = !info.generative ? StartRule::FromData : flip ? StartRule::PassedOver : StartRule::Wrong;
  Value x = builder.beginLayer(info, loc);
  inSample = true;
  builder.name(x, input.name);
  Shape shape{features};
  Scope scope{{input.name, Thing{TensorThing{x, shape}}}};
  MaybeThing result;
  bool bound = bindLayerArguments(definition, arguments, loc, scope);
  frames.push_back({&definition, loc});
  bound = bound && stateDomain(input, info, scope);
  if (bound && definition.kind == DefinitionKind::Bijection)
    bound = takeComponents(definition, loc, scope) && learnBijectionParameters(definition, scope);
  if (bound)
    result = runBody(definition, scope);
  const TensorThing *output = result ? result->as<TensorThing>() : nullptr;
  bool good = output && output->shape == shape && !output->truth;
  if (result && !good)
    fail(Kind::ShapeMismatch, definition.loc, "`{}` must return a vector of {}, like its input, but returns {}",
         definition.name, features, result->describe());
  frames.pop_back();
  path.clear();
  builder.endLayer(good ? output->value : x, loc);
  inSample = false;
  sampleContext.reset();
  return good;
}

} // namespace flowc::dsl
