// SPDX-License-Identifier: MIT

#include "tests/fuzz/Checked.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Import/FlowBuilder.h"
#include "compiler/Pipelines/Pipelines.h"
#include "compiler/Pipelines/Registration.h"
#include "compiler/Prove/Check.h"
#include "compiler/Prove/ReportText.h"
#include "dsl/Frontend.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace flowc::fuzz {
namespace {

CheckedObligation plain(const prove::Obligation &obligation) {
  CheckedObligation result{obligation.kind,      prove::verdictName(obligation.verdict).str(),
                           obligation.statement, obligation.failure,
                           obligation.finding,   std::nullopt,
                           {obligation.features.begin(), obligation.features.end()}};
  if (obligation.witness)
    result.witness = {obligation.witness->point, obligation.witness->value, obligation.witness->twins};
  return result;
}

/// A report must be JSON, and say something of everything.
std::string faultOf(const prove::ModelReport &report) {
  std::string json = llvm::formatv("{0:2}", llvm::json::Value(prove::reportJson(report, {})));
  if (auto parsed = llvm::json::parse(json); !parsed)
    return "the JSON report cannot be read: " + llvm::toString(parsed.takeError());
  if (prove::reportText(report, {}, {}).empty() || prove::reportSvg(report).empty())
    return "an empty report";
  for (const prove::LayerReport &layer : report.layers)
    for (const prove::Obligation &obligation : layer.obligations) {
      if (obligation.statement.empty() || obligation.statement.find("nan") != std::string::npos)
        return "statement: " + obligation.statement;
      if (obligation.verdict == prove::Verdict::Refuted && obligation.finding.empty())
        return "refuted without a word why: " + obligation.statement;
      if (obligation.finding.find("nan") != std::string::npos)
        return "finding: " + obligation.finding;
    }
  return "";
}

} // namespace

struct Checker::State {
  DialectRegistry registry;
  std::unique_ptr<MLIRContext> context;
};

Checker::Checker() : state(std::make_unique<State>()) {
  registerDialects(state->registry);
  state->context = std::make_unique<MLIRContext>(state->registry, MLIRContext::Threading::DISABLED);
  state->context->loadAllAvailableDialects();
}

Checker::~Checker() = default;

Checked Checker::check(const std::string &text, bool alone) {
  Checked checked;
  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics(sources);
  dsl::Spec spec = dsl::loadSpec(sources.add("fuzz.flow", text), sources, diagnostics);
  FlowBuilder builder(state->context.get(), [&](uint32_t file) { return sources.file(file).name; });
  checked.tape = std::make_unique<Tape>();
  if (diagnostics.hasErrors() || !dsl::elaborate(spec, builder, diagnostics) ||
      !dsl::elaborate(spec, *checked.tape, diagnostics)) {
    checked.refused = diagnostics.render(false);
    return checked;
  }
  OwningOpRef<ModuleOp> module = builder.takeModule();
  std::string messages;
  ScopedDiagnosticHandler handler(state->context.get(),
                                  [&](Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; });
  prove::ModelReport report = prove::checkModel(*module->getOps<flow::ModelOp>().begin(), alone);
  checked.verdict = prove::verdictName(report.verdict()).str();
  for (const prove::LayerReport &layer : report.layers) {
    CheckedLayer &entry = checked.layers.emplace_back(CheckedLayer{
        layer.type, prove::verdictName(layer.verdict()).str(), layer.image, layer.generative, layer.base, {}});
    for (const prove::Obligation &obligation : layer.obligations)
      entry.obligations.push_back(plain(obligation));
  }
  checked.malformed = faultOf(report);
  prove::emitFindings(report);
  if (checked.verdict != "proved" || alone)
    return checked;
  messages.clear();
  prove::recordFindings(report, *module->getOps<flow::ModelOp>().begin());
  PassManager passes(state->context.get());
  addDerivePipeline(passes);
  // (What is proved may still have no rule for its inverse, which is said.)
  if (failed(passes.run(*module)) && messages.find("[no-inverse-rule]") == std::string::npos)
    checked.notDerived = messages.empty() ? "without a word" : messages;
  return checked;
}

} // namespace flowc::fuzz
