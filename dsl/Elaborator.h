// SPDX-License-Identifier: MIT
//
// The elaborator's state and its parts; each part is a file: ElaborateExpr, ElaborateList, ElaborateComponents, ElaborateSteered,
// ElaborateCall, ElaborateParam, ElaborateRunning, Builtins, CheckNames, ElaborateFlow, ElaborateObjective. A function that returns
// nothing (an empty optional) has reported why.

#pragma once

#include "dsl/Elaborate.h"
#include "dsl/Masks.h"
#include "dsl/Thing.h"

#include <fmt/format.h>
#include <functional>
#include <set>

namespace flowc::dsl {

using MaybeThing = std::optional<Thing>;

/// The names that a body sees.
using Scope = std::map<std::string, Thing>;

/// Arguments of a call, evaluated.
struct CallArguments {
  struct Entry {
    std::string name; ///< Empty if positional.
    SourceLocation loc;
    Thing value;
  };
  std::vector<Entry> entries;
};

class Elaborator {
public:
  Elaborator(const Definitions &definitions, GraphBuilder &builder, Diagnostics &diagnostics);

  // ElaborateFlow.cpp
  /// Tells the model of `flow`, which may learn from one of `others`.
  bool runFlow(const FlowDecl &flow, const std::vector<FlowDecl> &others);
  /// Every name that the language gives a meaning where a function could stand.
  std::vector<std::string> languageNames() const;

private:
  friend struct Builtins;

  template <typename... Args>
  std::nullopt_t fail(Kind kind, SourceLocation loc, fmt::format_string<Args...> format, Args &&...args) {
    report(kind, loc, fmt::format(format, std::forward<Args>(args)...));
    return std::nullopt;
  }
  template <typename... Args>
  bool reject(Kind kind, SourceLocation loc, fmt::format_string<Args...> format, Args &&...args) {
    report(kind, loc, fmt::format(format, std::forward<Args>(args)...));
    return false;
  }
  /// The same, about `thing`: inside the prelude, the message points to where its user gave it.
  template <typename... Args>
  std::nullopt_t failFor(const Thing &thing, Kind kind, SourceLocation loc, fmt::format_string<Args...> format,
                         Args &&...args) {
    report(kind, loc, fmt::format(format, std::forward<Args>(args)...), thing.origin);
    return std::nullopt;
  }
  /// Reports, with a note for every call that led here. What is wrong inside the prelude is shown at `blamed`, or else
  /// at the call that led into the prelude.
  Diagnostic &report(Kind kind, SourceLocation loc, std::string message, SourceLocation blamed = {0, 0, 0, 1});
  bool inPrelude(SourceLocation loc) const { return loc.line && preludeFiles.count(loc.file); }

  /// Counts what is unrolled, and how deep; refuses what would not end in sensible time or would overflow the stack.
  class Step {
  public:
    Step(Elaborator &elaborator, SourceLocation loc);
    ~Step() { --elaborator.depth; }
    explicit operator bool() const { return good; }

  private:
    Elaborator &elaborator;
    bool good;
  };

  struct Domain {
    enum class Kind { Real, Positive, Unit, Bounded, Simplex, Ordered, Norm, Spectral } kind = Kind::Real;
    double low = 0, high = 0;
  };

  // CheckNames.cpp
  bool checkNames();

  // ElaborateFlow.cpp
  bool runItems(const std::vector<FlowItem> &items);
  bool runRepeat(const FlowItem &item);
  bool runLayer(const ExprPtr &expr, bool base);
  bool buildLayer(const Definition &definition, const std::vector<Argument> &arguments, SourceLocation loc, bool flip,
                  bool base);
  bool stateDomain(const Parameter &input, const LayerInfo &info, const Scope &scope);
  bool bindLayerArguments(const Definition &definition, const std::vector<Argument> &arguments, SourceLocation loc,
                          Scope &scope);
  bool readFeatures(const FlowDecl &flow);
  /// The sizes of the data, a list.
  Thing event() const;
  bool readSpace(const FlowDecl &flow);
  bool readContext(const FlowDecl &flow);

  // ElaborateObjective.cpp
  /// Tells what the flow is trained by. Where that is to resemble another flow, `teacher` is it.
  bool runObjective(const ExprPtr &objective, const std::vector<FlowDecl> &others, const FlowDecl *&teacher);
  bool runReverseKl(const Expr &objective, const std::vector<Argument> &targets, const std::vector<FlowDecl> &others,
                    const FlowDecl *&teacher);
  bool runLogDet(const Expr &way);
  bool runEnergy(const Thing &target, SourceLocation loc);
  bool checkTeacher(const FlowDecl &teacher, SourceLocation loc);

  // ElaborateExpr.cpp
  MaybeThing evaluate(const ExprPtr &expr, const Scope &scope);
  MaybeThing evaluateName(const Expr &expr, const Scope &scope);
  MaybeThing evaluateContext(SourceLocation loc);
  MaybeThing evaluateList(const Expr &expr, const Scope &scope);
  MaybeThing evaluateBinary(const Expr &expr, const Scope &scope);
  MaybeThing evaluateIndex(const Expr &expr, const Scope &scope);
  /// A number computed at compile time by `formula`.
  MaybeThing finite(double number, SourceLocation loc, const std::string &formula);
  MaybeThing arithmetic(const std::string &op, const Thing &left, const Thing &right, SourceLocation loc);
  MaybeThing negate(const Thing &operand, SourceLocation loc);
  MaybeThing power(const Thing &base, const Thing &exponent, SourceLocation loc);
  MaybeThing wholePower(const Thing &base, int exponent, SourceLocation loc);
  /// Brings numbers and tensors to one shape.
  std::optional<std::vector<TensorThing>> broadcast(std::vector<Thing> things, SourceLocation loc);
  MaybeThing applyFunction(std::string_view function, const std::vector<Thing> &operands, SourceLocation loc);
  std::optional<int64_t> integer(const Thing &thing, SourceLocation loc, const char *what);
  std::optional<std::vector<int64_t>> integers(const Thing &thing, SourceLocation loc, const char *what);
  /// A list of numbers is a constant vector where one is wanted.
  std::optional<TensorThing> constantVector(const Thing &thing, SourceLocation loc);
  std::optional<TensorThing> vector(const Thing &thing, SourceLocation loc, const char *what);
  /// Whether a vector may have `size` elements.
  bool checkSize(int64_t size, SourceLocation loc);
  TensorThing extract(const TensorThing &from, std::vector<int64_t> indices, SourceLocation loc);

  // ElaborateList.cpp
  using OnItems = std::function<MaybeThing(const std::vector<Thing> &)>;
  /// Whether one of the operands is a list that holds more than numbers.
  static bool listsVectors(const std::vector<Thing> &operands);
  /// Whether arithmetic goes item by item: where a list holds vectors, and among lists and numbers alone, at compile
  /// time. A list of numbers with a vector is a constant vector instead.
  static bool actsOnItems(const std::vector<Thing> &operands);
  /// A list of what `body` makes of the items of equally long lists; what is no list goes with every item.
  MaybeThing overItems(const std::vector<Thing> &operands, SourceLocation loc, const OnItems &body);
  /// Of a list that is not empty.
  MaybeThing fold(const ListThing &list, const OnItems &body);
  MaybeThing sumOf(const ListThing &list, SourceLocation loc);
  MaybeThing runningSums(const ListThing &list, SourceLocation loc);
  MaybeThing largestOf(const ListThing &list, bool largest, SourceLocation loc);
  MaybeThing extremum(const std::vector<Thing> &pair, bool largest, SourceLocation loc);
  MaybeThing softmaxOf(const ListThing &list, SourceLocation loc);

  // ElaborateComponents.cpp
  /// `count` equal pieces of a vector.
  std::vector<Thing> cut(const TensorThing &vector, int64_t count, SourceLocation loc);
  /// Raw components to those of a simplex or an ordered domain.
  MaybeThing constrainList(const ListThing &raw, const Domain &domain, SourceLocation loc);
  /// `count` components in their domain, from one raw vector.
  MaybeThing constrainComponents(const TensorThing &raw, int64_t count, const Domain &domain, SourceLocation loc);
  std::optional<int64_t> componentCount(const Thing &thing, SourceLocation loc);
  bool checkComponents(const Definition &definition, const Parameter &parameter, const ListThing &list,
                       SourceLocation loc, const Scope &scope);
  MaybeThing componentsOf(const Definition &definition, const Parameter &parameter, const Thing &given, int64_t count,
                          SourceLocation loc, const Scope &scope);
  /// Turns what was given for parameters with a size into lists.
  bool takeComponents(const Definition &definition, SourceLocation loc, Scope &scope);
  std::optional<Domain> domainOf(const Parameter &parameter, const Scope &scope);
  /// How many values for every feature.
  std::optional<int64_t> countOf(const Parameter &parameter, const Scope &scope);
  MaybeThing learnParameter(const Parameter &parameter, const Scope &scope);
  bool learnBijectionParameters(const Definition &definition, Scope &scope);
  /// Names a value after the user's word for it, the items of a list by their number.
  void nameThing(const Thing &thing, const std::string &name);

  // ElaborateSteered.cpp
  /// A parameter that a network gives.
  struct Steered {
    const Parameter *parameter;
    Domain domain;
    int64_t count;
    double middle; ///< Of where it begins, before the domain's map: what the network's results are added to.
  };
  const FunctionThing *bijection(const Thing &thing, SourceLocation loc);
  /// What a bijection is not given; its defaults are added to the scope.
  std::optional<std::vector<Steered>> steeredParameters(const Definition &definition, SourceLocation loc, Scope &scope);
  /// How many numbers that is for every feature.
  MaybeThing countSteered(const Thing &thing, SourceLocation loc);
  MaybeThing steer(const Thing &thing, const Thing &input, const Thing &values, SourceLocation loc);

  // ElaborateCall.cpp
  MaybeThing evaluateCall(const Expr &expr, const Scope &scope);
  std::optional<CallArguments> evaluateArguments(const std::vector<Argument> &arguments, const Scope &scope);
  MaybeThing bindAhead(FunctionThing function, const CallArguments &arguments);
  MaybeThing callDefinition(const FunctionThing &function, const CallArguments &arguments, SourceLocation loc);
  bool bindParameters(const Definition &definition, const CallArguments &arguments, size_t firstPositional,
                      const std::map<std::string, Thing> *bound, Scope &scope);
  bool checkDomain(const Definition &definition, const Parameter &parameter, const Thing &value, SourceLocation loc,
                   const Scope &scope);
  bool bindFallbacks(const Definition &definition, size_t first, SourceLocation loc, Scope &scope);
  MaybeThing runBody(const Definition &definition, Scope &scope);
  /// Runs statements; gives what a `return` among them returned. `failed` is set after an error.
  MaybeThing runBlock(const Block &block, Scope &scope, bool &failed);
  MaybeThing runStatement(const Statement &statement, Scope &scope, bool &failed);
  bool assume(const Expr &comparison, const Scope &scope);
  bool assign(const Statement &statement, Scope &scope);
  std::vector<std::string> callableNames(const Scope &scope) const;

  // ElaborateParam.cpp
  std::optional<Domain> readDomain(const ExprPtr &expr, const Scope &scope);
  static std::optional<Interval> intervalOf(const Domain &domain);
  bool declareParameter(const ParamDecl &decl, Scope &scope);
  /// Whether a name may be declared here. A loop may declare it anew in every round.
  bool isFree(const std::string &name, SourceLocation loc, const Scope &scope);
  /// What is learned where the parameter, in its domain, is `value`; an error outside of it.
  std::optional<double> rawBeginning(double value, const Domain &domain, const std::string &name, SourceLocation loc);
  std::optional<ParameterInit> readInit(const ParamDecl &decl, const Domain &domain, const Shape &shape,
                                        const Scope &scope);
  std::optional<TensorThing> rawParameter(const std::string &name, const Shape &shape, const ParameterInit &init,
                                          SourceLocation loc);
  /// The domain's map, and the fact that it makes true.
  TensorThing constrainWithFact(const TensorThing &raw, const Domain &domain, SourceLocation loc);
  Value constrain(Value raw, const Shape &shape, const Domain &domain, SourceLocation loc);
  TensorThing softmax(const TensorThing &weights, SourceLocation loc);
  Value scalarConstant(double number, const Shape &shape, SourceLocation loc) {
    return builder.constant(shape, {number}, loc);
  }
  Value apply(std::string_view function, std::initializer_list<Value> operands, SourceLocation loc) {
    return builder.apply(function, std::span<const Value>(operands.begin(), operands.size()), loc);
  }

  // ElaborateRunning.cpp
  bool declareStatistics(const Statement &statement, Scope &scope);
  MaybeThing runningStatistic(const Target &target, const ExprPtr &expr, const Scope &scope);
  std::optional<RunningStatistic> readStatistic(const ExprPtr &expr, const Scope &scope);
  /// Mean and deviation over the first batch; asked for once.
  std::pair<Value, Value> probe(const TensorThing &value, SourceLocation loc);

  // Builtins.cpp
  bool isBuiltin(const std::string &name) const;
  MaybeThing callBuiltin(const std::string &name, const CallArguments &arguments, SourceLocation loc);
  /// A scalar function of the compiler's table, folded on numbers.
  MaybeThing callScalar(const std::string &name, const std::vector<Thing> &operands, SourceLocation loc);
  static std::vector<std::string> builtinNames();

  std::string uniquePath(const std::string &component);

  const Definitions &definitions;
  GraphBuilder &builder;
  Diagnostics &diagnostics;
  std::map<std::string, int> scalarArity;

  struct Frame {
    const Definition *definition;
    SourceLocation loc;
  };
  std::vector<Frame> frames;
  std::set<uint32_t> preludeFiles;
  Scope flowScope; ///< The numbers of the repetitions around, by name.
  int64_t steps = 0;
  int depth = 0;
  bool exhausted = false; ///< A limit was reached and reported.
  std::string path;       ///< Of the parameters that are being declared.
  std::set<std::string> usedPaths;
  int64_t features = 0, layerCount = 0, parameterCount = 0, iteration = 0;
  Shape eventShape; ///< Its product is the number of features.
  std::optional<Interval> dataDomain;
  std::optional<ContextInfo> context;        ///< What the flow states, if anything.
  bool inSample = false;                     ///< Whether a layer or an energy is being told: what a sample goes through.
  std::optional<TensorThing> sampleContext;  ///< There, the context, once it was asked for.
  bool contextIsSeen = false;                ///< Whether anything in the flow has asked for it.
  bool inStart = false, inEnergy = false;
  bool drawsSamples = false; ///< The objective is one of the flow's own samples, not of data.
  /// A layer turned by `inverse` sees latent values, so its parameters start as without data.
  enum class StartRule { FromData, PassedOver, Wrong } startRule = StartRule::FromData;
  std::map<uint32_t, std::pair<Value, Value>> probes; ///< Of the current layer, by the value probed.
  /// Of the body at hand: where each `param` was declared. A loop may declare it anew in every round.
  std::map<std::string, SourceLocation> paramPlaces;
};

} // namespace flowc::dsl
