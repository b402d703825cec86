// SPDX-License-Identifier: MIT
//
// `flowc build`: spec to model directory, or to whatever phase is asked for.

#include "compiler/driver/Commands.h"
#include "compiler/Prove/Check.h"
#include "compiler/driver/Compilation.h"
#include "compiler/driver/HostMachine.h"
#include "compiler/driver/LoadSpec.h"
#include "compiler/driver/ModelDirectory.h"
#include "compiler/driver/Tune.h"
#include "compiler/driver/TunedSchedule.h"

#include "compiler/Dialect/Flow/FlowDialect.h"
#include "compiler/Pipelines/Registration.h"
#include "runtime/cli/ExitCode.h"
#include "runtime/cli/Terminal.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SHA256.h"

using namespace mlir;

namespace flowc::driver {
namespace {

/// What the command line asks for.
struct BuildRequest {
  std::string spec, output;
  std::optional<Phase> emit;
  CompileOptions options;
  DiagnosticStyle style;
  bool threads = true;
  bool cuda = false; ///< Whether the model directory has code for a GPU, too.
  bool tune = false; ///< Whether to measure how training is scheduled best.
};

int fail(const cli::Terminal &terminal, llvm::StringRef message, cli::ExitCode code) {
  cli::printError(terminal, "flowc", std::string(message));
  return static_cast<int>(code);
}

cli::Terminal terminalOf(const cli::Arguments &arguments) {
  return cli::describeTerminal(arguments.text("color").value_or("auto"));
}

BuildRequest readRequest(const cli::Arguments &arguments, const cli::Terminal &terminal) {
  BuildRequest request;
  request.spec = arguments.operands.empty() ? "" : arguments.operands.front();
  request.output = arguments.text("output").value_or("");
  if (auto phase = arguments.text("emit"))
    request.emit = phaseByName(*phase);
  std::string dtype = arguments.text("dtype").value_or("both");
  request.options.schedule.f32 = dtype != "f64";
  request.options.schedule.f64 = dtype != "f32";
  if (auto tile = arguments.integer("tile", 16, 4096)) {
    request.options.schedule.tile = *tile;
    request.options.schedule.training = {.tile = *tile};
  }
  request.options.cpu.cpu = arguments.text("cpu").value_or("native");
  request.options.cpu.vectorBits = static_cast<int>(arguments.integer("vector-bits", 64, 512).value_or(0));
  request.options.cpu.optLevel = static_cast<int>(arguments.integer("opt-level", 0, 3).value_or(3));
  request.options.cuda.optLevel = request.options.cpu.optLevel;
  request.options.cuda.chip = arguments.text("gpu").value_or("sm_80");
  request.options.cuda.matmul = *cuda::matmulByName(arguments.text("matmul").value_or("tf32"));
  // A command that is to run on a GPU compiles for it.
  request.cuda = arguments.text("target").value_or("cpu") == "cpu,cuda" || arguments.text("device").value_or("cpu") != "cpu";
  request.tune = arguments.has("tune");
  request.options.cpu.profile = arguments.has("profile");
  request.options.timing = arguments.has("timing");
  request.style = {terminal.colored, arguments.text("diagnostics") == "json"};
  request.threads = arguments.text("threads-in-model").value_or("pool") == "pool";
  return request;
}

std::string printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream out(text);
  OpPrintingFlags flags;
  flags.printNameLocAsPrefix();
  module.print(out, flags);
  return text + "\n";
}

/// The manifest's text: what the compiler knows of the model, and what only the driver does.
std::string completeManifest(llvm::json::Object &manifest, const LoadedSpec &spec, const BuildRequest &request) {
  llvm::json::Array dtypes;
  if (request.options.schedule.f32)
    dtypes.push_back("f32");
  if (request.options.schedule.f64)
    dtypes.push_back("f64");
  manifest["dtypes"] = std::move(dtypes);
  if (request.cuda)
    manifest["cuda"] = llvm::json::Object{{"gpu", request.options.cuda.chip}, {"matmul", cuda::matmulName(request.options.cuda.matmul)}};
  manifest["train"] = spec.train;
  manifest["spec"] = llvm::json::Object{{"path", llvm::sys::path::filename(spec.path)}, {"text", spec.text}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}", llvm::json::Value(llvm::json::Object(manifest))) << "\n";
  return text;
}

class Build {
public:
  Build(BuildRequest request, const cli::Terminal &terminal) : request(std::move(request)), terminal(terminal) {}

  int run() {
    int code = compile();
    if (request.options.timing)
      times.print(llvm::errs());
    return code;
  }

  const std::string &directory() const { return request.output; }

private:
  int compile() {
    int exitCode = 0;
    if (request.emit == Phase::Tree) {
      auto tree = printSpecTree(request.spec, request.style, exitCode);
      return tree ? emit(*tree) : exitCode;
    }
    DialectRegistry registry;
    registerDialects(registry);
    cpu::registerCpuDialects(registry);
    cuda::registerCudaDialects(registry);
    MLIRContext context(registry);
    times.measure("dialects", [&] { context.loadAllAvailableDialects(); });
    SpecDiagnostics diagnostics(context, request.style);
    auto spec = times.measure("read", [&] { return loadSpec(request.spec, context, diagnostics, exitCode); });
    if (!spec)
      return exitCode;
    return compileModule(*spec);
  }

  int compileModule(LoadedSpec &spec) {
    request.options.schedule.target = scheduleTargetOf(request.options.cpu, spec.train);
    const int wrong = static_cast<int>(cli::ExitCode::BadInput), bug = static_cast<int>(cli::ExitCode::Bug);
    if (request.emit == Phase::Flow)
      return emit(printModule(*spec.module));
    // The flow, and perhaps the one that it learns from.
    for (auto model : spec.module->getOps<flow::ModelOp>()) {
      prove::ModelReport report = times.measure("check", [&] { return prove::checkModel(model); });
      times.remark(std::to_string(report.judged) + " kinds of " + std::to_string(report.layers.size()) + " layers");
      // What is undecided may still be derived, or is refused there; what is refuted goes no further.
      if (report.verdict() == prove::Verdict::Refuted) {
        prove::emitFindings(report);
        return wrong;
      }
      prove::emitWarnings(report, request.options.schedule.f32);
      prove::recordFindings(report, model);
    }
    Compilation compilation(std::move(spec.module), request.options, times);
    if (failed(compilation.derive()))
      return wrong;
    if (request.emit == Phase::Derived)
      return emit(printModule(compilation.getModule()));
    llvm::json::Object manifest = compilation.describe();
    std::string manifestText = completeManifest(manifest, spec, request);
    if (failed(compilation.stage()))
      return bug;
    if (request.emit == Phase::Staged)
      return emit(printModule(compilation.getModule()));
    if (request.emit == Phase::Ptx || request.emit == Phase::Cubin || (request.emit == Phase::Scheduled && request.cuda))
      return emitForGpu(compilation);
    if (request.emit)
      return emitLowered(compilation, manifestText);
    return write(compilation, manifest, manifestText, spec);
  }

  int emitForGpu(Compilation &compilation) {
    if (request.emit == Phase::Scheduled) {
      OwningOpRef<ModuleOp> copy = compilation.scheduledForGpu();
      return copy ? emit(printModule(*copy)) : static_cast<int>(cli::ExitCode::Bug);
    }
    FailureOr<std::string> ptx = compilation.generatePtx();
    if (failed(ptx) || request.emit == Phase::Ptx)
      return emitText(ptx);
    auto binary = cuda::assemble(*ptx, request.options.cuda);
    if (!binary)
      return fail(terminal, llvm::toString(binary.takeError()), cli::ExitCode::Environment);
    return emit(binary->code);
  }

  /// The phases below staged, one module for all element types.
  int emitLowered(Compilation &compilation, const std::string &manifestText) {
    const int bug = static_cast<int>(cli::ExitCode::Bug);
    ModuleOp module = compilation.getModule();
    const cpu::CpuOptions &cpu = request.options.cpu;
    if (failed(compilation.schedule()))
      return bug;
    if (request.emit == Phase::Scheduled)
      return emit(printModule(module));
    if (failed(compilation.lower(manifestText)))
      return bug;
    if (request.emit == Phase::Mlir)
      return emit(printModule(module));
    if (request.emit == Phase::Llvm)
      return emitText(cpu::emitLLVM(module, cpu));
    if (request.emit == Phase::Asm)
      return emitText(cpu::emitAssembly(module, cpu));
    auto object = cpu::emitObject(module, cpu);
    return succeeded(object) ? emit({object->data(), object->size()}) : bug;
  }

  int write(Compilation &compilation, const llvm::json::Object &manifest, const std::string &manifestText,
            const LoadedSpec &spec) {
    std::optional<cuda::DeviceCode> device;
    if (request.cuda) {
      FailureOr<cuda::DeviceCode> made = compilation.generateDeviceCode();
      if (failed(made))
        return static_cast<int>(cli::ExitCode::Bug);
      device = std::move(*made);
    }
    ModelFiles files{.name = manifest.getString("name")->str(),
                     .features = *manifest.getInteger("features"),
                     .objects = {},
                     .manifest = manifestText,
                     .report = writeReport(manifest),
                     .specName = llvm::sys::path::filename(spec.path).str(),
                     .specText = spec.text,
                     .threads = request.threads};
    if (request.output.empty())
      request.output = files.name;
    if (int code = scheduleTraining(compilation, files))
      return code;
    auto objects = compilation.generate(manifestText, device ? &*device : nullptr);
    if (failed(objects))
      return static_cast<int>(cli::ExitCode::Bug);
    for (const auto &object : *objects)
      files.objects.emplace_back(object.data(), object.size());
    auto error = times.measure("link and write", [&] { return writeModelDirectory(request.output, files); });
    return error ? fail(terminal, *error, cli::ExitCode::Environment) : 0;
  }

  /// What was measured for this model on this machine decides how training is scheduled; where nothing was, the model of costs.
  int scheduleTraining(Compilation &compilation, ModelFiles &files) {
    if (request.options.schedule.training)
      return 0;
    TuningKey key = tuningKeyOf(files.specText, request.options.cpu, request.options.schedule.target);
    if (request.tune) {
      auto measured = times.measure("tune", [&] { return tune(compilation, files); });
      if (!measured)
        return fail(terminal, "cannot tune: " + llvm::toString(measured.takeError()), cli::ExitCode::Environment);
      request.options.schedule.training = *measured;
      files.schedule = printTunedSchedule(key, *measured);
      return 0;
    }
    std::string ignored, place = request.output + "/schedule.json";
    request.options.schedule.training = readTunedSchedule(request.output, key, ignored);
    if (!ignored.empty())
      llvm::errs() << "flowc: note: " << place << " " << ignored << ", and is ignored; --tune measures anew\n";
    else if (request.options.schedule.training)
      llvm::errs() << "flowc: note: training in tiles of " << request.options.schedule.training->tile << " rows, as measured: " << place << "\n";
    return 0;
  }

  llvm::Expected<TrainingSchedule> tune(Compilation &compilation, const ModelFiles &files) {
    CompileOptions options = request.options;
    if (options.schedule.f32)
      options.schedule.f64 = false;
    PhaseTimes unbooked;
    OwningOpRef<ModuleOp> planned = compilation.getModule().clone();
    const ScheduleTarget &target = options.schedule.target;
    std::vector<TrainingSchedule> candidates = trainingCandidates(chosenTrainingSchedule(*planned, options.schedule), target);
    llvm::errs() << "timing " << candidates.size() << " schedules of training, gradients of " << target.batch << " rows\n";
    return fastestSchedule(candidates, target.batch, [&](const TrainingSchedule &schedule, const std::string &directory) -> llvm::Error {
      options.schedule.training = schedule;
      auto objects = Compilation(compilation.getModule().clone(), options, unbooked).generate(files.manifest);
      if (failed(objects))
        return llvm::createStringError("the model does not compile");
      ModelFiles trial = files;
      trial.objects.emplace_back(objects->front().data(), objects->front().size());
      auto error = writeModelDirectory(directory, trial);
      return error ? llvm::createStringError(*error) : llvm::Error::success();
    });
  }

  int emitText(const FailureOr<std::string> &text) {
    return succeeded(text) ? emit(*text) : static_cast<int>(cli::ExitCode::Bug);
  }

  /// Writes a phase's result to --output or stdout.
  int emit(llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream out(request.output.empty() ? "-" : request.output, error);
    if (!error)
      out << text;
    out.flush();
    if (!error)
      error = out.error();
    if (!error)
      return 0;
    out.clear_error();
    return fail(terminal, "cannot write " + request.output + ": " + error.message(), cli::ExitCode::Environment);
  }

  BuildRequest request;
  const cli::Terminal &terminal;
  PhaseTimes times;
};

/// Where compiled specs are kept for the commands that take either.
std::string cacheFolder() {
  llvm::SmallString<256> folder;
  if (const char *given = std::getenv("XDG_CACHE_HOME"))
    folder = given;
  else if (!llvm::sys::path::home_directory(folder))
    folder = ".";
  else
    llvm::sys::path::append(folder, ".cache");
  llvm::sys::path::append(folder, "flowc");
  return folder.str().str();
}

} // namespace

int runBuild(const cli::Arguments &arguments) {
  cli::Terminal terminal = terminalOf(arguments);
  BuildRequest request = readRequest(arguments, terminal);
  if (!arguments.error().empty())
    return fail(terminal, arguments.error(), cli::ExitCode::Usage);
  if (request.options.schedule.tile % 16)
    return fail(terminal, "--tile must be a multiple of 16", cli::ExitCode::Usage);
  if (request.tune && (arguments.has("tile") || request.emit || request.options.cpu.cpu != "native"))
    return fail(terminal, "--tune times model directories on this machine; leave out --tile, --emit and --cpu", cli::ExitCode::Usage);
  if (!cuda::isKnownChip(request.options.cuda.chip))
    return fail(terminal, "unknown GPU `" + request.options.cuda.chip + "`; expected a name that LLVM knows, such as `sm_80` or `sm_90`",
                cli::ExitCode::Usage);
  registerPasses();
  Build build(std::move(request), terminal);
  int code = build.run();
  if (code == 0 && !build.directory().empty() && !arguments.has("emit"))
    llvm::errs() << "wrote " << build.directory() << "\n";
  return code;
}

std::optional<std::string> compileIntoCache(const std::string &spec, const cli::Arguments &arguments, bool profile, int &exitCode) {
  cli::Terminal terminal = terminalOf(arguments);
  BuildRequest request = readRequest(arguments, terminal);
  llvm::SmallString<256> absolute(spec);
  llvm::sys::fs::make_absolute(absolute);
  llvm::SHA256 hash;
  hash.update(absolute);
  // One place per spec: a changed spec replaces its former model, and the parameters trained with it stay beside the model.
  std::string folder = cacheFolder() + "/" + llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 16);
  request.spec = spec;
  request.output = folder;
  request.options.cpu.profile = profile;
  registerPasses();
  exitCode = Build(std::move(request), terminal).run();
  if (exitCode)
    return std::nullopt;
  return folder;
}

} // namespace flowc::driver
