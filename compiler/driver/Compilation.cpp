// SPDX-License-Identifier: MIT

#include "compiler/driver/Compilation.h"

#include "compiler/Explain/Manifest.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/Format.h"

using namespace mlir;

namespace flowc::driver {

void PhaseTimes::print(llvm::raw_ostream &out) const {
  double total = 0;
  for (const auto &[name, took] : entries)
    total += took;
  for (const auto &[name, took] : entries)
    out << llvm::format("%10.1f ms %5.1f%%  ", took, 100 * took / total) << name << "\n";
  out << llvm::format("%10.1f ms          in all\n", total);
}

LogicalResult Compilation::run(llvm::StringRef name, void (*fill)(OpPassManager &, const CompileOptions &)) {
  return times.measure(name, [&] {
    PassManager passes(module->getContext());
    fill(passes, options);
    return passes.run(*module);
  });
}

LogicalResult Compilation::derive() {
  return run("derive", [](OpPassManager &passes, const CompileOptions &) { addDerivePipeline(passes); });
}

llvm::json::Object Compilation::describe() {
  return times.measure("describe", [&] { return describeModel(*module->getOps<flow::ModelOp>().begin()); });
}

LogicalResult Compilation::stage() {
  return run("stage and differentiate", [](OpPassManager &passes, const CompileOptions &) { addStagePipeline(passes); });
}

LogicalResult Compilation::schedule() {
  return run("schedule", [](OpPassManager &passes, const CompileOptions &options) {
    addSchedulePipeline(passes, options.schedule);
  });
}

LogicalResult Compilation::lower(llvm::StringRef manifest) {
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  llvm::SmallVector<int8_t> text(manifest.begin(), manifest.end());
  text.push_back(0);
  auto type = RankedTensorType::get({static_cast<int64_t>(text.size())}, builder.getI8Type());
  memref::GlobalOp::create(builder, module->getLoc(), "flow_manifest", StringAttr(),
                           MemRefType::get(type.getShape(), type.getElementType()),
                           DenseElementsAttr::get(type, llvm::ArrayRef<int8_t>(text)), /*constant=*/true,
                           IntegerAttr());
  return times.measure("lower", [&] { return cpu::lowerToLLVM(*module, options.cpu); });
}

} // namespace flowc::driver
