// SPDX-License-Identifier: MIT

#include "tests/mutation/Workshop.h"

#include "compiler/Import/FlowBuilder.h"
#include "compiler/Pipelines/Registration.h"
#include "compiler/Prove/Check.h"
#include "compiler/driver/ModelDirectory.h"
#include "dsl/Frontend.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace flowc::mutation {

Workshop::Workshop() {
  registerDialects(registry);
  cpu::registerCpuDialects(registry);
  // (Mutants are compiled in forked children, where no pool of threads lives on.)
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  // f64 alone judges derivatives, and half of the code is compiled in half of the time.
  options.schedule.f32 = false;
  options.schedule.f64 = true;
  options.cpu.cpu = "native";
  options.cpu.optLevel = 1;
}

Derived Workshop::derive(const TestModel &model) {
  dsl::SourceManager sources;
  dsl::Diagnostics diagnostics(sources);
  dsl::Spec spec = dsl::loadSpec(sources.add(model.name + ".flow", model.text), sources, diagnostics);
  FlowBuilder builder(context.get(), [&](uint32_t file) { return sources.file(file).name; });
  if (diagnostics.hasErrors() || !dsl::elaborate(spec, builder, diagnostics))
    llvm::report_fatal_error(llvm::Twine(diagnostics.render(false)));
  OwningOpRef<ModuleOp> module = builder.takeModule();
  flow::ModelOp flowModel = *module->getOps<flow::ModelOp>().begin();
  prove::recordFindings(prove::checkModel(flowModel), flowModel);
  driver::PhaseTimes times;
  driver::Compilation compilation(std::move(module), options, times);
  if (failed(compilation.derive()))
    llvm::report_fatal_error(llvm::Twine(model.name) + " cannot be derived");
  llvm::json::Object manifest = compilation.describe();
  manifest["dtypes"] = llvm::json::Array{"f64"};
  manifest["train"] = llvm::json::Object();
  manifest["spec"] = llvm::json::Object{{"path", model.name + ".flow"}, {"text", model.text}};
  std::string text = llvm::formatv("{0:2}", llvm::json::Value(std::move(manifest)));
  return {OwningOpRef<ModuleOp>(compilation.getModule().clone()), text};
}

std::string Workshop::finish(Derived derived, const std::string &directory) {
  std::string messages;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) { messages += diagnostic.str() + "\n"; });
  driver::PhaseTimes times;
  int64_t features = derived.model().getFeatures();
  driver::Compilation compilation(std::move(derived.module), options, times);
  if (failed(compilation.stage()))
    return "not staged: " + messages;
  auto objects = compilation.generate(derived.manifest);
  if (failed(objects))
    return "no code: " + messages;
  std::vector<llvm::StringRef> code{llvm::StringRef(objects->front().data(), objects->front().size())};
  driver::ModelFiles files{"mutant", features, code, derived.manifest, "", "mutant.flow", "", /*threads=*/true};
  return driver::writeModelDirectory(directory, files).value_or("");
}

} // namespace flowc::mutation
