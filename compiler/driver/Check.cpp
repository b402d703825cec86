// SPDX-License-Identifier: MIT
//
// flowc check: the verdicts on a spec's layers, as a table or as JSON.

#include "compiler/driver/Commands.h"
#include "compiler/driver/Compilation.h"
#include "compiler/driver/LoadSpec.h"

#include "compiler/Derive/DeriveLayers.h"
#include "compiler/Explain/Formulas.h"
#include "compiler/Pipelines/Registration.h"
#include "compiler/Prove/Check.h"
#include "compiler/Prove/ReportText.h"
#include "runtime/AtomicFile.h"
#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"

#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace mlir;

namespace flowc::driver {
namespace {

/// What a derived direction costs: multiplications of its matrix products and triangular systems.
int64_t multiplications(func::FuncOp function) {
  int64_t total = 0;
  function.walk([&](flow::MatvecOp product) { total += flow::elementCount(product.getMatrix()) * product.columns(); });
  function.walk([&](flow::SolveTriangularOp system) {
    int64_t rows = system.rows();
    total += rows * (rows - 1) / 2 * system.columns();
  });
  return total;
}

/// A function's log-determinant on one line, in the names that the user gave.
std::string logDetOf(func::FuncOp function) {
  Block &body = function.getBody().front();
  llvm::DenseMap<Value, std::string> names{{body.getArgument(0), "x"}};
  for (Operation &op : body)
    if (auto named = dyn_cast<NameLoc>(op.getLoc()); named && op.getNumResults() && !op.hasTrait<OpTrait::ConstantLike>())
      names[op.getResult(0)] = named.getName().str();
  return printInline(body.getTerminator()->getOperand(1), names);
}

/// Derives the model, if all of it can be, for the columns of the table that come from there.
prove::FactsByLayer deriveFacts(ModuleOp module) {
  prove::FactsByLayer facts;
  ScopedDiagnosticHandler silent(module.getContext(), [](Diagnostic &) {});
  PhaseTimes times;
  Compilation compilation(OwningOpRef<ModuleOp>(module.clone()), CompileOptions(), times);
  if (failed(compilation.derive()))
    return facts;
  auto model = *compilation.getModule().getOps<flow::ModelOp>().begin();
  llvm::json::Object described = compilation.describe();
  for (llvm::json::Value &entry : *described.getArray("layers")) {
    llvm::json::Object &layer = *entry.getAsObject();
    std::string name = layer.getString("name")->str();
    auto toLatent = cast<func::FuncOp>(model.lookupSymbol(forwardName(name)));
    auto toData = cast<func::FuncOp>(model.lookupSymbol(inverseName(name)));
    bool generative = layer.getString("stated") == "generative";
    const char *inverse = "closed form";
    (generative ? toLatent : toData).walk([&](Operation *op) {
      if (isa<flow::RootOp, flow::FixedPointOp>(op))
        inverse = isa<flow::RootOp>(op) ? "monotone root" : "fixed point";
    });
    facts[name] = {inverse, logDetOf(toLatent), multiplications(toLatent),
                   multiplications(toData)};
  }
  return facts;
}

int print(const prove::ModelReport &report, const prove::FactsByLayer &facts, const cli::Arguments &arguments,
          const cli::Terminal &terminal) {
  bool toTerminal = isatty(STDOUT_FILENO);
  prove::TextStyle style{terminal.colored && toTerminal, terminal.unicode || !toTerminal, arguments.has("verbose")};
  if (arguments.has("json"))
    llvm::outs() << llvm::formatv("{0:2}", llvm::json::Value(prove::reportJson(report, facts))) << "\n";
  else
    llvm::outs() << prove::reportText(report, facts, style);
  llvm::outs().flush();
  auto file = arguments.text("svg");
  auto failure = file ? runtime::writeFileAtomically(*file, {prove::reportSvg(report)}) : runtime::Failure();
  if (!failure)
    return 0;
  cli::printError(terminal, "flowc", failure->message);
  return static_cast<int>(failure->code);
}

} // namespace

int runCheck(const cli::Arguments &arguments) {
  cli::Terminal terminal = cli::describeTerminal();
  int64_t features = arguments.integer("features", 1, 100000).value_or(4);
  if (!arguments.error().empty()) {
    cli::printError(terminal, "flowc", arguments.error());
    return static_cast<int>(cli::ExitCode::Usage);
  }
  registerPasses();
  DialectRegistry registry;
  registerDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  SpecDiagnostics diagnostics(context, {terminal.colored, arguments.text("diagnostics") == "json"});
  const std::string &path = arguments.operands.front();
  int exitCode = 0;
  std::vector<LoadedSpec> specs;
  bool alone = arguments.has("layer") || !hasFlow(path);
  if (alone)
    specs = loadTrials(path, arguments.text("layer").value_or(""), features, context, diagnostics, exitCode);
  else if (auto spec = loadSpec(path, context, diagnostics, exitCode))
    specs.push_back(std::move(*spec));
  if (exitCode)
    return exitCode;
  if (specs.empty()) {
    cli::printError(terminal, "flowc",
                    path + " defines no layer or bijection" +
                        (arguments.has("layer") ? " called " + *arguments.text("layer") : ""));
    return static_cast<int>(cli::ExitCode::BadInput);
  }
  // Definitions that were tried one by one make one report.
  prove::ModelReport report;
  prove::FactsByLayer facts;
  for (LoadedSpec &spec : specs) {
    auto model = *spec.module->getOps<flow::ModelOp>().begin();
    prove::ModelReport judged = prove::checkModel(model, alone);
    llvm::append_range(report.layers, judged.layers);
    report.name = alone ? llvm::sys::path::filename(path).str() : judged.name;
    report.features = judged.features;
    report.unmixed = judged.unmixed;
    prove::recordFindings(judged, model);
    facts.merge(deriveFacts(*spec.module));
  }
  prove::emitFindings(report);
  prove::emitWarnings(report);
  if (int failed = print(report, facts, arguments, terminal))
    return failed;
  prove::Verdict worst = report.verdict();
  if (worst == prove::Verdict::Refuted)
    return static_cast<int>(cli::ExitCode::BadInput);
  bool undecided = worst == prove::Verdict::Unknown && !arguments.has("allow-unknown");
  return static_cast<int>(undecided ? cli::ExitCode::Undecided : cli::ExitCode::Done);
}

} // namespace flowc::driver
