// SPDX-License-Identifier: MIT
//
// Option rows of the compiler's commands.

#include "compiler/driver/Commands.h"

#include "compiler/Pipelines/Pipelines.h"

#include "llvm/ADT/StringRef.h"

namespace flowc::driver {

const std::vector<cli::Command> &compilerCommands() {
  static const std::vector<std::string_view> phaseNames = [] {
    std::vector<std::string_view> names;
    for (const PhaseInfo &info : phases())
      names.push_back({info.name.data(), info.name.size()});
    return names;
  }();
  static const std::vector<cli::Command> commands = {
      {"build",
       "SPEC",
       1,
       1,
       "compile a spec into a self-contained model directory",
       {"build model.json", "build model.flow -o moons --dtype f64", "build model.flow --emit derived"},
       {{"output", 'o', "DIR", "the model directory", "the model's name; for --emit, stdout"},
        {"emit", 0, "PHASE", "print what a phase made, and stop", "", phaseNames},
        {"dtype", 0, "TYPE", "element types to compile for", "both", {"f32", "f64", "both"}},
        {"cpu", 0, "NAME", "LLVM's name of the processor to compile for", "native"},
        {"vector-bits", 0, "N", "width of the vectors", "the processor's widest"},
        {"target", 0, "LIST", "what to compile for; cuda adds kernels for GPUs", "cpu", {"cpu", "cpu,cuda"}},
        {"gpu", 0, "NAME", "LLVM's name of the oldest GPU that the PTX is for", "sm_80"},
        {"matmul", 0, "TYPE", "what a GPU rounds the factors of f32 products to", "tf32", {"tf32", "bf16", "f32"}},
        {"tile", 0, "N", "samples in a tile, a multiple of 16", "64; in training by cost"},
        {"tune", 0, "", "time the ways to schedule training on this machine; kept in DIR/schedule.json"},
        {"profile", 0, "", "counters around every op of the kernels, which `bench` shows"},
        {"threads-in-model", 0, "HOW", "threads of the model's own", "pool", {"pool", "none"}},
        {"opt-level", 'O', "N", "0 to 3", "3"},
        {"diagnostics", 0, "FORM", "form of the messages", "text", {"text", "json"}},
        {"timing", 0, "", "print what each phase took"}}},
      {"check",
       "SPEC",
       1,
       1,
       "decide whether every layer is a bijection, with a proof or a counterexample",
       {"check model.flow", "check layer.flow --layer ripple", "check model.json --json", "check model.flow --svg structure.svg"},
       {{"layer", 0, "NAME", "of a file of definitions, only this one", "all"},
        {"features", 0, "N", "features to try a definition with", "4"},
        {"json", 0, "", "print the report as JSON (docs/check.md)"},
        {"svg", 0, "FILE", "draw which output depends on which input"},
        {"verbose", 'v', "", "list every obligation and how it was proved"},
        {"allow-unknown", 0, "", "exit with 0 although something is undecided"},
        {"diagnostics", 0, "FORM", "form of the messages", "text", {"text", "json"}}}},
      {"fmt",
       "SPEC...",
       1,
       1000,
       "lay out specs in the canonical way",
       {"fmt model.flow", "fmt --check *.flow *.json"},
       {{"check", 0, "", "change nothing; exit with 1 if something would change"},
        {"stdout", 0, "", "print instead of writing back"}}},
      {"schema",
       "[SPEC]",
       0,
       1,
       "the JSON Schema of specs, from the definitions in scope",
       {"schema -o flowc.schema.json"},
       {{"output", 'o', "FILE", "where the schema goes", "stdout"}}},
      {"list",
       "[SPEC]",
       0,
       1,
       "the layers, bijections and networks that a spec may name",
       {"list"},
       {}},
  };
  return commands;
}

bool looksLikeSpec(const std::string &operand) {
  llvm::StringRef name(operand);
  return name.ends_with(".flow") || name.ends_with(".json") || name.ends_with(".mlir");
}

} // namespace flowc::driver
