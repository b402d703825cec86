// SPDX-License-Identifier: MIT

#include "runtime/TrainOptions.h"

#include <limits>
#include <vector>

namespace flowc::runtime {
namespace {

using Json = nlohmann::json;

/// Reads members of one object and remembers which were read.
class ObjectReader {
public:
  ObjectReader(const Json &object, std::string where) : object(object), where(std::move(where)) {}

  void number(const char *key, double &value, double low, double high) {
    if (const Json *found = find(key)) {
      if (!found->is_number() || found->get<double>() < low || found->get<double>() > high)
        return fail(key, *found, fmt::format("a number from {} to {}", low, high));
      value = found->get<double>();
    }
  }

  void integer(const char *key, int64_t &value, int64_t low) {
    if (const Json *found = find(key)) {
      if (!found->is_number_integer() || found->get<int64_t>() < low)
        return fail(key, *found, fmt::format("a whole number of at least {}", low));
      value = found->get<int64_t>();
    }
  }

  template <typename Kind>
  void choice(const char *key, Kind &value, std::initializer_list<std::pair<const char *, Kind>> choices) {
    const Json *found = find(key);
    if (!found)
      return;
    std::string expected;
    for (auto [name, kind] : choices) {
      if (*found == name) {
        value = kind;
        return;
      }
      expected += fmt::format("{}`{}`", expected.empty() ? "" : " or ", name);
    }
    fail(key, *found, expected);
  }

  const Json *find(const char *key) {
    known.push_back(key);
    auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
  }

  Failure finish() {
    for (auto &[key, value] : object.items())
      if (!failure && std::find(known.begin(), known.end(), key) == known.end()) {
        std::string_view near = cli::nearestName(key, known);
        failure =
            badInput("{} has no `{}`{}", where, key, near.empty() ? "" : fmt::format("; did you mean `{}`?", near));
      }
    return failure;
  }

private:
  void fail(const char *key, const Json &found, std::string expected) {
    if (!failure)
      failure = badInput("{}.{} is {}; expected {}", where, key, found.dump(), expected);
  }

  const Json &object;
  std::string where;
  std::vector<std::string_view> known;
  Failure failure;
};

constexpr double Infinity = std::numeric_limits<double>::infinity();

void applyOptimizer(const Json &json, TrainOptions &options, Failure &failure) {
  ObjectReader reader(json, "train.optimizer");
  reader.choice("type", options.optimizer.kind,
                {{"adam", OptimizerOptions::Kind::Adam}, {"sgd", OptimizerOptions::Kind::Sgd}});
  reader.number("lr", options.learningRate, 0, Infinity);
  reader.number("momentum", options.optimizer.momentum, 0, 1);
  reader.number("beta1", options.optimizer.beta1, 0, 1);
  reader.number("beta2", options.optimizer.beta2, 0, 1);
  reader.number("epsilon", options.optimizer.epsilon, 0, Infinity);
  reader.number("weight_decay", options.optimizer.weightDecay, 0, Infinity);
  failure = reader.finish();
}

} // namespace

Failure applySpec(const Json &train, TrainOptions &options) {
  ObjectReader reader(train, "train");
  Failure failure;
  if (const Json *optimizer = reader.find("optimizer")) {
    if (!optimizer->is_object())
      return badInput("train.optimizer is {}; expected an object", optimizer->dump());
    applyOptimizer(*optimizer, options, failure);
  }
  int64_t seed = int64_t(options.seed);
  reader.integer("epochs", options.epochs, 1);
  reader.integer("steps", options.steps, 0);
  reader.integer("batch_size", options.batchSize, 1);
  reader.number("lr", options.learningRate, 0, Infinity);
  reader.choice("schedule", options.schedule,
                {{"constant", Schedule::Kind::Constant}, {"cosine", Schedule::Kind::Cosine}});
  reader.integer("warmup", options.warmup, 0);
  reader.number("clip_norm", options.clipNorm, 0, Infinity);
  reader.number("l2", options.l2, 0, Infinity);
  reader.integer("samples", options.samples, 1);
  reader.integer("seed", seed, 0);
  reader.number("valid_split", options.validSplit, 0, 0.9);
  reader.integer("patience", options.patience, 0);
  reader.number("ema", options.ema, 0, 0.999999);
  options.seed = uint64_t(seed);
  Failure own = reader.finish();
  return failure ? failure : own;
}

Failure applyArguments(const cli::Arguments &arguments, TrainOptions &options) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  options.epochs = arguments.integer("epochs", 1, most).value_or(options.epochs);
  options.steps = arguments.integer("steps", 1, most).value_or(options.steps);
  options.batchSize = arguments.integer("batch-size", 1, most).value_or(options.batchSize);
  options.learningRate = arguments.number("lr", 0, 1e6).value_or(options.learningRate);
  options.optimizer.weightDecay = arguments.number("weight-decay", 0, 1e6).value_or(options.optimizer.weightDecay);
  options.optimizer.momentum = arguments.number("momentum", 0, 1).value_or(options.optimizer.momentum);
  options.warmup = arguments.integer("warmup", 0, most).value_or(options.warmup);
  options.clipNorm = arguments.number("clip-norm", 0, 1e30).value_or(options.clipNorm);
  options.l2 = arguments.number("l2", 0, 1e6).value_or(options.l2);
  options.samples = arguments.integer("samples", 1, most).value_or(options.samples);
  options.seed = uint64_t(arguments.integer("seed", 0, most).value_or(int64_t(options.seed)));
  options.validSplit = arguments.number("valid-split", 0, 0.9).value_or(options.validSplit);
  options.patience = arguments.integer("patience", 0, most).value_or(options.patience);
  options.ema = arguments.number("ema", 0, 0.999999).value_or(options.ema);
  if (auto kind = arguments.text("optimizer"))
    options.optimizer.kind = *kind == "sgd" ? OptimizerOptions::Kind::Sgd : OptimizerOptions::Kind::Adam;
  if (auto kind = arguments.text("schedule"))
    options.schedule = *kind == "cosine" ? Schedule::Kind::Cosine : Schedule::Kind::Constant;
  if (!arguments.error().empty())
    return Error{ExitCode::Usage, arguments.error()};
  return std::nullopt;
}

nlohmann::ordered_json toJson(const TrainOptions &options) {
  bool isAdam = options.optimizer.kind == OptimizerOptions::Kind::Adam;
  nlohmann::ordered_json optimizer = {{"type", isAdam ? "adam" : "sgd"}, {"lr", options.learningRate}};
  if (isAdam) {
    optimizer["beta1"] = options.optimizer.beta1;
    optimizer["beta2"] = options.optimizer.beta2;
    optimizer["epsilon"] = options.optimizer.epsilon;
  } else {
    optimizer["momentum"] = options.optimizer.momentum;
  }
  optimizer["weight_decay"] = options.optimizer.weightDecay;
  return {{"optimizer", optimizer},
          {"epochs", options.epochs},
          {"steps", options.steps},
          {"batch_size", options.batchSize},
          {"schedule", options.schedule == Schedule::Kind::Cosine ? "cosine" : "constant"},
          {"warmup", options.warmup},
          {"clip_norm", options.clipNorm},
          {"l2", options.l2},
          {"samples", options.samples},
          {"seed", options.seed},
          {"valid_split", options.validSplit},
          {"patience", options.patience},
          {"ema", options.ema}};
}

} // namespace flowc::runtime
