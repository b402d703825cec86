// SPDX-License-Identifier: MIT
//
// Objectives that draw samples: the gradient through the sampling path, whatever the path is made of (formulas, roots, fixed points,
// levels, triangular solves), is that of central differences in f64, and the objective is the target's log density minus the model's.

#include "runtime/Parameters.h"
#include "runtime/selftest/Subject.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace {

using namespace flowc::runtime;
namespace fs = std::filesystem;

struct ObjectiveCase {
  std::string items;
  int features;
  std::string target = "bowl";
};

const ObjectiveCase cases[] = {
    {"cubic", 3},
    {"inverse(cubic)", 2},
    {"planar", 3},
    {"inverse(planar)", 7},
    {"radial", 3},
    {"sylvester", 3},
    {"residual", 3},
    {"inverse(residual)", 2},
    {"lu_linear", 3},
    {"maf(net = made(hidden = [6]))", 3},
    {"iaf(net = made(hidden = [16]))", 65},
    {"affine_coupling(net = mlp(hidden = [8]))", 63},
    {"spline_coupling(net = mlp(hidden = [4]))", 2},
    {"base mixture_cdf(k = 2)", 1},
    {"iaf(net = made(hidden = [8])); affine", 7, "teacher"},
    {"inverse(cubic)", 1, "teacher"},
};

CompiledModel compile(const ObjectiveCase &what) {
  fs::path folder = fs::temp_directory_path() / fmt::format("flowc_objectives_{}", static_cast<int>(getpid()));
  fs::create_directories(folder);
  std::ofstream(folder / "teacher.flow") << "flow teacher { data real[" << what.features << "]; maf(net = made(hidden = [8])); batch_norm; affine }\n";
  std::ofstream(folder / "law.flow") << "import \"teacher.flow\"\n"
                                     << "energy bowl(x) = dot(x - 1, x - 1) / 3 + sum(cos(x)) / 4\n"
                                     << "flow law { data real[" << what.features << "]; " << what.items << "; objective reverse_kl("
                                     << what.target << ") }\n";
  std::string model = (folder / "law").string();
  fs::remove_all(model);
  REQUIRE(std::system(fmt::format("{} {} -o {} --dtype f64 -O1 2>{}/log", FLOWC, (folder / "law.flow").string(), model,
                                  folder.string())
                          .c_str()) == 0);
  auto opened = CompiledModel::open(model);
  REQUIRE(opened);
  return *opened;
}

} // namespace

TEST_CASE("gradients pass through samples") {
  const char *word = std::getenv("FLOWC_LAWS");
  for (const ObjectiveCase &what : cases) {
    if (word && what.items.find(word) == std::string::npos)
      continue;
    INFO(what.items << " with " << what.features << " features, from " << what.target);
    CompiledModel model = compile(what);
    auto subject = makeSubject(model, FLOWRT_F64);
    for (uint64_t seed : {1, 2}) {
      subject->setParameters(randomParameters(model.manifest(), seed));
      for (auto test : {testObjective, testGradients}) {
        std::vector<Verdict> verdicts = test(*subject, seed);
        CHECK(!verdicts.empty());
        for (const Verdict &verdict : verdicts) {
          INFO(verdict.property << ": " << verdict.worst << " " << verdict.note);
          CHECK(verdict.passed);
        }
      }
    }
  }
}

TEST_CASE("an objective takes any number of rows") {
  CompiledModel model = compile({"inverse(planar)", 3});
  auto subject = makeSubject(model, FLOWRT_F64);
  subject->setParameters(randomParameters(model.manifest(), 3));
  Values all = uniformRows(*subject, 4, RandomStream::Test, 0, 65), whole = subject->objective(all), gradient;
  for (size_t rows : {0, 1, 2, 3, 7, 63, 64, 65}) {
    Values some(all.begin(), all.begin() + std::ptrdiff_t(3 * rows));
    Values expected(whole.begin(), whole.begin() + std::ptrdiff_t(rows));
    CHECK(subject->objective(some) == expected);
    CHECK(subject->gradient(some, {}, gradient).size() == rows);
  }
}
