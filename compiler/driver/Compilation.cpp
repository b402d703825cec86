// SPDX-License-Identifier: MIT

#include "compiler/driver/Compilation.h"

#include "compiler/Explain/Manifest.h"
#include "compiler/Transforms/RunPasses.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/Format.h"

#include <chrono>
#include <ctime>
#include <thread>

using namespace mlir;

namespace flowc::driver {

PhaseTimes::Reading PhaseTimes::Reading::now() {
  std::chrono::duration<double, std::milli> clock = std::chrono::steady_clock::now().time_since_epoch();
  return {clock.count(), 1000.0 * std::clock() / CLOCKS_PER_SEC};
}

void PhaseTimes::print(llvm::raw_ostream &out) const {
  // Loading the program is over by the time that anything can be measured; one thread did it.
  Reading start{begin.processor, begin.processor};
  Reading total = Reading::now() - begin + start, rest = total - start;
  for (const Entry &entry : entries)
    rest = rest - entry.took;
  auto line = [&](const Reading &took, llvm::StringRef name) {
    out << llvm::format("%10.1f ms %5.1f%% %10.1f ms  ", took.clock, 100 * took.clock / total.clock, took.processor) << name << "\n";
  };
  out << "     clock            processor\n";
  line(start, "start of the program");
  for (const Entry &entry : entries)
    line(entry.took, entry.name);
  line(rest, "between these");
  line(total, "in all");
}

LogicalResult Compilation::run(llvm::StringRef name, void (*fill)(OpPassManager &, const CompileOptions &)) {
  return times.measure(name, [&] {
    PassManager passes(module->getContext());
    fill(passes, options);
    return runPasses(passes, *module);
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

namespace {

void addManifest(ModuleOp module, llvm::StringRef manifest) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  llvm::SmallVector<int8_t> text(manifest.begin(), manifest.end());
  text.push_back(0);
  auto type = RankedTensorType::get({static_cast<int64_t>(text.size())}, builder.getI8Type());
  memref::GlobalOp::create(builder, module->getLoc(), "flow_manifest", StringAttr(),
                           MemRefType::get(type.getShape(), type.getElementType()),
                           DenseElementsAttr::get(type, llvm::ArrayRef<int8_t>(text)), /*constant=*/true,
                           IntegerAttr());
}

/// One element type, from the staged model to the llvm dialect.
LogicalResult lowerOne(ModuleOp module, const ScheduleOptions &schedule, const cpu::CpuOptions &cpu,
                       llvm::StringRef manifest, const cuda::DeviceCode *device) {
  PassManager passes(module->getContext());
  addSchedulePipeline(passes, schedule);
  if (failed(runPasses(passes, module)))
    return failure();
  if (!manifest.empty())
    addManifest(module, manifest);
  if (device)
    cuda::embed(*device, module);
  return cpu::lowerToLLVM(module, cpu);
}

} // namespace

LogicalResult Compilation::lower(llvm::StringRef manifest) {
  addManifest(*module, manifest);
  return times.measure("lower", [&] { return cpu::lowerToLLVM(*module, options.cpu); });
}

OwningOpRef<ModuleOp> Compilation::scheduledForGpu() {
  OwningOpRef<ModuleOp> copy = module->clone();
  PassManager passes(module->getContext());
  ScheduleOptions schedule = options.schedule;
  schedule.training = {.tile = schedule.tile}; // Of a GPU's kernels all tiles are alike; its blocks sum by themselves.
  schedule.narrowAsSums = false;
  addSchedulePipeline(passes, schedule);
  return succeeded(runPasses(passes, *copy)) ? std::move(copy) : nullptr;
}

FailureOr<std::string> Compilation::generatePtx() {
  return times.measure("schedule, lower and emit PTX", [&]() -> FailureOr<std::string> {
    OwningOpRef<ModuleOp> copy = scheduledForGpu();
    if (!copy || failed(cuda::lowerToGpu(*copy, options.cuda)))
      return failure();
    return cuda::emitPtx(*copy, options.cuda);
  });
}

FailureOr<cuda::DeviceCode> Compilation::generateDeviceCode() {
  return times.measure("code for GPUs", [&]() -> FailureOr<cuda::DeviceCode> {
    OwningOpRef<ModuleOp> copy = scheduledForGpu();
    if (!copy)
      return failure();
    return cuda::generateDeviceCode(*copy, options.cuda);
  });
}

FailureOr<std::vector<llvm::SmallVector<char, 0>>> Compilation::generate(llvm::StringRef manifest, const cuda::DeviceCode *device) {
  using Object = llvm::SmallVector<char, 0>;
  ScheduleOptions first = options.schedule, second = options.schedule;
  OwningOpRef<ModuleOp> copy;
  if (options.schedule.f32 && options.schedule.f64) {
    first.f64 = second.f32 = false;
    copy = module->clone();
  }
  // Passes may load dialects into the context, so they run one after the other; LLVM has a context per module.
  bool lowered = times.measure("schedule and lower", [&] {
    return succeeded(lowerOne(*module, first, options.cpu, manifest, device)) &&
           (!copy || succeeded(lowerOne(*copy, second, options.cpu, "", nullptr)));
  });
  if (!lowered)
    return failure();
  FailureOr<Object> objects[2] = {failure(), failure()};
  times.measure("machine code", [&] {
    std::thread other;
    if (copy)
      other = std::thread([&] { objects[1] = cpu::emitObject(*copy, options.cpu); });
    objects[0] = cpu::emitObject(*module, options.cpu);
    if (copy)
      other.join();
  });
  std::vector<Object> result;
  for (FailureOr<Object> &object : llvm::MutableArrayRef(objects).take_front(copy ? 2 : 1)) {
    if (failed(object))
      return failure();
    result.push_back(std::move(*object));
  }
  return result;
}

} // namespace flowc::driver
