// SPDX-License-Identifier: MIT
//
// The runner as its users see it: output, exit codes, nothing half-written.
#include "tests/runtime/Support.h"

#include <csignal>
#include <unistd.h>

using namespace flowc::runtime;

namespace {

std::string gaussianCsv(int rows) {
  std::string text = "a,b\n";
  for (int i = 0; i < rows; ++i)
    text += fmt::format("{},{}\n", 0.01 * ((i * 37) % 101) - 0.5, 0.01 * ((i * 53) % 97));
  return text;
}

struct RunnerFixture {
  RunnerFixture() {
    makeModelDirectory(model);
    data = files.write("d.csv", gaussianCsv(500));
  }
  CommandResult run(const std::string &arguments) const {
    return runCommand(fmt::format("cd {} && {}/model {}", files.path, model.path, arguments));
  }

  TemporaryFolder model, files;
  std::string data;
};

} // namespace

TEST_CASE_METHOD(RunnerFixture, "train, then use what was trained") {
  CommandResult trained = run("train --data d.csv --run-dir r --epochs 3");
  INFO(trained.output);
  REQUIRE(trained.exitCode == 0);
  CHECK_THAT(trained.output, Catch::Contains("epoch 3/3"));
  for (const char *file :
       {"config.json", "metrics.jsonl", "model.safetensors", "last.safetensors", "optim.safetensors", "loss.svg"})
    CHECK(std::filesystem::exists(files.file(std::string("r/") + file)));
  CommandResult sampled = run("sample -n 4");
  CHECK(sampled.exitCode == 0);
  CHECK_THAT(sampled.output, Catch::StartsWith("x0,x1\n"));
  CHECK(std::count(sampled.output.begin(), sampled.output.end(), '\n') == 5);
  CHECK(run("sample -n 1000 -o s.npy").exitCode == 0);
  CHECK(run("log-prob --data s.npy -o lp.npy").exitCode == 0);
  CHECK(run("transform --to latent --data s.npy -o z.npy && " + model.path +
            "/model transform --to data --data z.npy -o back.csv")
            .exitCode == 0);
  CHECK(run("plot density --data d.csv").exitCode == 0);
  CHECK(run("plot loss --run-dir r").exitCode == 0);
  CHECK(run("log-prob --data - < d.csv").exitCode == 0);
  CHECK(run("selftest").exitCode == 0);
  CHECK(run("explain").output.find("z0 = (x0 - shift0)") != std::string::npos);
  CHECK(run("train --data d.csv --run-dir r").exitCode == 3); // holds a run
  CHECK(run("train --data d.csv --resume r --epochs 4").exitCode == 0);
}

TEST_CASE_METHOD(RunnerFixture, "exit codes and no partial output") {
  files.write("bad.csv", "1,2\n3,NA\n");
  files.write("wide.csv", "1,2,3\n");
  files.write("empty.npy", "");
  CHECK(run("trian").exitCode == 2);
  CHECK(run("train").exitCode == 2);
  CHECK(run("sample -n -4").exitCode == 2);
  CHECK(run("sample --dtype f16").exitCode == 2);
  CHECK(run("transform --data d.csv").exitCode == 2);
  CHECK(run("log-prob --data nothing.npy").exitCode == 3);
  CHECK(run("sample -o no/such/folder/x.npy").exitCode == 3);
  for (const char *file : {"bad.csv", "wide.csv", "empty.npy"}) {
    CommandResult result = run(fmt::format("log-prob --data {} -o out.npy", file));
    INFO(result.output);
    CHECK(result.exitCode == 1);
    CHECK(std::count(result.output.begin(), result.output.end(), '\n') == 1);
    CHECK(run(fmt::format("train --data {} --run-dir new", file)).exitCode == 1);
  }
  CHECK(!std::filesystem::exists(files.file("out.npy")));
  CHECK(!std::filesystem::exists(files.file("new")));
  CHECK(run("train --data d.csv --run-dir r --optimizer sgd --lr 1000000").exitCode == 4);
  files.write("trunc.safetensors", "abc");
  CHECK(run("sample --params trunc.safetensors").exitCode == 1);
  CHECK(run("--help").exitCode == 0);
  CHECK(run("train --help").exitCode == 0);
}

TEST_CASE("a mutant's selftest ends with 1") {
  TemporaryFolder folder;
  makeModelDirectory(folder, "mutant_log_det");
  CommandResult result = runCommand(folder.file("model") + " selftest");
  CHECK(result.exitCode == 1);
  CHECK_THAT(result.output, Catch::Contains("FAIL"));
}

TEST_CASE_METHOD(RunnerFixture,
                 "an interrupt saves the state and ends with 130; a kill leaves a state to resume from") {
  for (int signal : {SIGINT, SIGKILL}) {
    std::string folder = fmt::format("r{}", signal);
    // `exec` makes the shell's child the runner itself, so that exactly this process is signalled.
    CommandResult result =
        runCommand(fmt::format("sh -c 'cd {0} && exec {1}/model train --data d.csv --run-dir {2} --epochs 100000000' "
                               ">/dev/null 2>&1 & child=$!; sleep 2.6; kill -{3} $child; wait $child",
                               files.path, model.path, folder, signal));
    CHECK(result.exitCode == (signal == SIGINT ? 130 : 137));
    REQUIRE(std::filesystem::exists(files.file(folder + "/optim.safetensors")));
    CommandResult resumed = run(fmt::format("train --data d.csv --resume {} --epochs 1", folder));
    INFO(resumed.output);
    CHECK(resumed.exitCode == 0);
  }
}
