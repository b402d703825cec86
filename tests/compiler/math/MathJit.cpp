// SPDX-License-Identifier: MIT

#include "tests/compiler/math/MathJit.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Transforms/ExpandMath.h"
#include "compiler/Transforms/LowerRoot.h"

#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;

namespace flowc::testing {

struct MathJit::Engine {
  std::unique_ptr<ExecutionEngine> jit;
};

MathJit::MathJit() : engine(std::make_unique<Engine>()) {}
MathJit::~MathJit() = default;

static std::unique_ptr<MLIRContext> makeContext() {
  static bool once = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    registerAllPasses();
    return true;
  }();
  (void)once;
  DialectRegistry registry;
  registerAllDialects(registry);
  registerAllExtensions(registry);
  registerAllToLLVMIRTranslations(registry);
  registry.insert<flow::FlowDialect>();
  return std::make_unique<MLIRContext>(registry);
}

static LogicalResult lowerToLLVM(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createLowerRootPass());
  passes.addPass(createExpandMathPass());
  constexpr const char *rest =
      "cse,convert-scf-to-cf,convert-vector-to-llvm,convert-math-to-llvm,finalize-memref-to-llvm,"
      "convert-func-to-llvm{use-bare-ptr-memref-call-conv=1},convert-arith-to-llvm,convert-index-to-llvm,convert-cf-to-"
      "llvm,"
      "reconcile-unrealized-casts";
  if (failed(parsePassPipeline(rest, passes)))
    return failure();
  return passes.run(module);
}

std::unique_ptr<MathJit> MathJit::compile(const std::string &text) {
  std::unique_ptr<MLIRContext> context = makeContext();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, context.get());
  if (!module || failed(lowerToLLVM(*module)))
    return nullptr;
  auto optimize = makeOptimizingTransformer(2, 0, nullptr); // a function_ref keeps it: it must outlive the creation
  ExecutionEngineOptions options;
  options.transformer = optimize;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Default;
  auto created = ExecutionEngine::create(*module, options);
  if (!created) {
    llvm::errs() << toString(created.takeError()) << "\n";
    return nullptr;
  }
  std::unique_ptr<MathJit> jit(new MathJit);
  jit->engine->jit = std::move(*created);
  return jit;
}

BatchFunction MathJit::function(const std::string &name) const {
  auto found = engine->jit->lookup(name);
  if (!found) {
    llvm::errs() << toString(found.takeError()) << "\n";
    return nullptr;
  }
  return reinterpret_cast<BatchFunction>(*found);
}

static std::string replaceAll(std::string text, const std::string &from, const std::string &to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

std::string batchFunction(const std::string &body, const std::string &element, int width) {
  std::string size = std::to_string(kBatch), memory = "memref<" + size + "x" + element + ">";
  std::string type = width == 1 ? element : "vector<" + std::to_string(width) + "x" + element + ">";
  std::string load = width == 1 ? "memref.load" : "vector.load", store = width == 1 ? "memref.store" : "vector.store";
  std::string suffix = width == 1 ? memory : memory + ", " + type;
  std::string counts = "memref<" + size + "xi64>";
  std::string text = "func.func @f" + std::to_string(width) + "(%x: " + memory + ", %y: " + memory + ", %z: " + memory +
                     ", %counts: " + counts +
                     ") {\n"
                     "%c0 = arith.constant 0 : index\n %one = arith.constant 1 : i64\n"
                     "%n = arith.constant " +
                     size + " : index\n %w = arith.constant " + std::to_string(width) +
                     " : index\n"
                     "scf.for %i = %c0 to %n step %w {\n"
                     "%a = " +
                     load + " %x[%i] : " + suffix + "\n %b = " + load + " %y[%i] : " + suffix + "\n" +
                     replaceAll(replaceAll(body, "$T", type), "$C", counts) + "\n" + store + " %r, %z[%i] : " + suffix +
                     "\n }\n return\n }\n";
  return text;
}

} // namespace flowc::testing
