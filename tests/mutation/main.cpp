// SPDX-License-Identifier: MIT
//
// mutation_check [--model NAME] [--mutation WORD] [--places N] [--every N] [--jobs N] [--show]
//
// Derives the test models, makes one change after the other in the derived IR, compiles what comes out, and runs its self-test, which
// must fail. What passes is compared with the model as it should be: it may be the same function after all. `--places` bounds how often
// a mutation is made in one model, `--every` takes a sample of all. The exit code says whether a mutant lived.

#include "tests/fuzz/Isolated.h"
#include "tests/mutation/Compare.h"
#include "tests/mutation/Mutations.h"
#include "tests/mutation/Workshop.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Process.h"

#include <cstring>
#include <map>
#include <sys/wait.h>

namespace {

using namespace flowc::mutation;

struct Options {
  std::string model, mutation;
  size_t places = 3, every = 1;
  unsigned jobs = 2;
  bool show = false;
};

struct Mutant {
  size_t model;
  const Mutation *mutation;
  size_t site;
};

constexpr double kLimit = 120;

class Run {
public:
  explicit Run(Options options) : options(std::move(options)) {
    folder = "/tmp/flowc_mutation_" + std::to_string(llvm::sys::Process::getProcessId());
    for (const TestModel &model : testModels())
      models.push_back(isWanted(model) ? workshop.derive(model) : Derived());
  }
  ~Run() { llvm::sys::fs::remove_directories(folder); }

  int run() {
    if (!compileOriginals())
      return 1;
    chooseMutants();
    flowc::fuzz::runIsolated(
        mutants.size(), options.jobs, kLimit, [&](size_t k) { return judge(mutants[k], k); },
        [&](size_t k, const flowc::fuzz::Answer &answer) { return take(mutants[k], answer), true; });
    return report();
  }

private:
  bool isWanted(const TestModel &model) const { return options.model.empty() || model.name == options.model; }
  std::string directoryOf(const std::string &name) const { return folder + "/" + name; }
  std::string parametersOf(const TestModel &model) const { return directoryOf(model.name) + "/wide.safetensors"; }

  /// The exit code of a self-test with initial and random parameters, and those that were made for the model.
  int selftest(const std::string &directory, const TestModel &model) const {
    std::string command = directory + "/model selftest --params " + parametersOf(model);
    int status = std::system((command + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  bool compileOriginals() {
    bool sound = true;
    for (auto [model, derived] : llvm::zip_equal(testModels(), models)) {
      if (!derived.module)
        continue;
      std::string wrong = workshop.finish(derived.copy(), directoryOf(model.name));
      if (wrong.empty())
        writeParameters(directoryOf(model.name), parametersOf(model));
      if (wrong.empty() && selftest(directoryOf(model.name), model) != 0)
        wrong = "its self-test fails without a mutation";
      if (!wrong.empty())
        llvm::outs() << model.name << ": " << wrong << "\n";
      sound &= wrong.empty();
    }
    return sound;
  }

  /// The sites where each mutation fits, evenly spread if there are too many.
  void chooseMutants() {
    size_t count = 0;
    for (size_t model = 0; model < models.size(); ++model) {
      if (!models[model].module)
        continue;
      for (const Mutation &mutation : mutations()) {
        if (llvm::StringRef(mutation.name).find(options.mutation) == llvm::StringRef::npos)
          continue;
        Derived scratch = models[model].copy();
        std::vector<size_t> fitting;
        for (auto [site, op] : llvm::enumerate(sitesOf(scratch.model())))
          if (mutation.apply(op))
            fitting.push_back(site);
        size_t taken = std::min(options.places, fitting.size());
        for (size_t k = 0; k < taken; ++k)
          if (count++ % options.every == 0)
            mutants.push_back({model, &mutation, fitting[k * fitting.size() / taken]});
      }
    }
  }

  /// In a child: killed, refused, equivalent, or lived and how it differs.
  std::string judge(const Mutant &mutant, size_t number) {
    Derived derived = models[mutant.model].copy();
    if (!mutant.mutation->apply(sitesOf(derived.model())[mutant.site]))
      return "equivalent: does not fit alone";
    std::string directory = directoryOf(std::to_string(number));
    std::string outcome;
    if (std::string wrong = workshop.finish(std::move(derived), directory); !wrong.empty())
      outcome = "refused: " + wrong;
    else if (int code = selftest(directory, testModels()[mutant.model]); code != 0)
      outcome = code == 1 ? "killed" : "crashed: the self-test ends with " + std::to_string(code);
    else if (std::string differs = difference(directoryOf(testModels()[mutant.model].name), directory); !differs.empty())
      outcome = "LIVED: " + differs;
    else
      outcome = "equivalent";
    llvm::sys::fs::remove_directories(directory);
    return outcome;
  }

  void take(const Mutant &mutant, const flowc::fuzz::Answer &answer) {
    std::string text = answer.how == flowc::fuzz::Answer::Done      ? answer.text
                       : answer.how == flowc::fuzz::Answer::Crashed ? "crashed: " + answer.text
                                                                    : "hung";
    std::string kind = text.substr(0, text.find(':'));
    ++counts[mutant.mutation->name][kind];
    ++totals[kind];
    if (options.show || kind != "killed") {
      Derived derived = models[mutant.model].copy();
      std::string op;
      llvm::raw_string_ostream out(op);
      mlir::Operation *site = sitesOf(derived.model())[mutant.site];
      out << llvm::formatv("{0}: {1} at {2} ({3}): ", testModels()[mutant.model].name, mutant.mutation->name, mutant.site,
                           site->getName().getStringRef());
      llvm::outs() << op << text << "\n";
      llvm::outs().flush();
    }
  }

  int report() {
    llvm::outs() << "\n| mutation | killed | equivalent | other |\n|---|---|---|---|\n";
    for (const Mutation &mutation : mutations())
      if (auto found = counts.find(mutation.name); found != counts.end()) {
        auto &of = found->second;
        int all = 0;
        for (auto &[kind, count] : of)
          all += count;
        llvm::outs() << llvm::formatv("| {0} | {1} | {2} | {3} |\n", mutation.name, of["killed"], of["equivalent"],
                                      all - of["killed"] - of["equivalent"]);
      }
    llvm::outs() << "\n" << mutants.size() << " mutants:";
    for (auto &[kind, count] : totals)
      llvm::outs() << " " << count << " " << kind;
    llvm::outs() << "\n";
    return totals["killed"] + totals["equivalent"] == static_cast<int>(mutants.size()) ? 0 : 1;
  }

  Options options;
  Workshop workshop;
  std::string folder;
  std::vector<Derived> models;
  std::vector<Mutant> mutants;
  std::map<std::string, std::map<std::string, int>> counts;
  std::map<std::string, int> totals;
};

std::optional<Options> readOptions(int argc, char **argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i];
    if (option == "--show") {
      options.show = true;
      continue;
    }
    if (i + 1 == argc)
      return std::nullopt;
    std::string value = argv[++i];
    unsigned number = std::max(1, std::atoi(value.c_str()));
    if (option == "--model")
      options.model = value;
    else if (option == "--mutation")
      options.mutation = value;
    else if (option == "--places")
      options.places = number;
    else if (option == "--every")
      options.every = number;
    else if (option == "--jobs")
      options.jobs = number;
    else
      return std::nullopt;
  }
  return options;
}

} // namespace

int main(int argc, char **argv) {
  auto options = readOptions(argc, argv);
  if (!options) {
    llvm::errs() << "usage: mutation_check [--model NAME] [--mutation WORD] [--places N] [--every N] [--jobs N] [--show]\n";
    return 2;
  }
  return Run(std::move(*options)).run();
}
