// SPDX-License-Identifier: MIT
#include "runtime/TrainOptions.h"
#include "runtime/commands/Commands.h"

#include <catch2/catch.hpp>

using namespace flowc;

namespace {

cli::Invocation parse(std::vector<std::string> words) {
  return cli::parseProgram("model", "about", runtime::modelCommands(false), words);
}

} // namespace

TEST_CASE("options in every spelling") {
  for (auto words : {std::vector<std::string>{"sample", "-n", "5"},
                     {"sample", "-n5"},
                     {"sample", "--count", "5"},
                     {"sample", "--count=5"}}) {
    cli::Invocation invocation = parse(words);
    REQUIRE(invocation.command);
    CHECK(invocation.arguments.integer("count").value() == 5);
  }
  CHECK(parse({"sample", "--first", "-3"}).arguments.text("first").value() == "-3");
}

TEST_CASE("mistakes are named, with what was meant") {
  CHECK(parse({"trian"}).error == "no command `trian`; did you mean `train`?");
  CHECK(parse({"train", "--epochz", "3"}).error == "unknown option `--epochz`; did you mean `--epochs`?");
  CHECK(parse({"train", "--epochs"}).error == "`--epochs` needs a value: N");
  CHECK(parse({"train", "--optimizer", "adan"}).error ==
        "`--optimizer` is `adan`; expected one of adam, sgd; did you mean `adam`?");
  CHECK(parse({"explain", "--json=1"}).error == "`--json` takes no value");
  CHECK(parse({"sample", "extra"}).error == "`sample` does not expect `extra`");
  CHECK(parse({"frobnicate"}).error == "no command `frobnicate`");
  cli::Invocation invocation = parse({"sample", "-n", "many"});
  CHECK(!invocation.arguments.integer("count", 0));
  CHECK(invocation.arguments.error() == "`--count` is `many`; expected a whole number of at least 0");
}

TEST_CASE("every command has a help page with examples first") {
  for (const cli::Command &command : runtime::modelCommands(false)) {
    cli::Invocation invocation = parse({std::string(command.name), "--help"});
    CHECK(invocation.error.empty());
    CHECK(invocation.output.find("examples:") < invocation.output.find("options:"));
    CHECK(parse({"help", std::string(command.name)}).output == invocation.output);
  }
  CHECK(parse({"--help"}).output.find("selftest") != std::string::npos);
}

TEST_CASE("train options come from the spec, and the command line overrides them") {
  runtime::TrainOptions options;
  REQUIRE(!runtime::applySpec(
      nlohmann::json::parse(R"({"optimizer": {"type": "sgd", "lr": 0.5}, "epochs": 3, "schedule": "cosine"})"),
      options));
  CHECK(options.learningRate == 0.5);
  CHECK(options.epochs == 3);
  cli::Invocation invocation = parse({"train", "--lr=0.25", "--optimizer=adam"});
  REQUIRE(!runtime::applyArguments(invocation.arguments, options));
  CHECK(options.learningRate == 0.25);
  CHECK(options.optimizer.kind == runtime::OptimizerOptions::Kind::Adam);
  runtime::TrainOptions again;
  REQUIRE(!runtime::applySpec(nlohmann::json::parse(runtime::toJson(options).dump()), again));
  CHECK(runtime::toJson(again) == runtime::toJson(options));
  CHECK(runtime::applySpec(nlohmann::json::parse(R"({"epoch": 3})"), options)->message ==
        "train has no `epoch`; did you mean `epochs`?");
  CHECK(runtime::applySpec(nlohmann::json::parse(R"({"epochs": "3"})"), options)->message ==
        "train.epochs is \"3\"; expected a whole number of at least 1");
}
