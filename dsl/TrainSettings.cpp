// SPDX-License-Identifier: MIT

#include "dsl/TrainSettings.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace flowc::dsl {
namespace {

constexpr double kAny = 1e15;
using Type = TrainSetting::Type;

nlohmann::json readRecord(const Expr &record, const std::vector<TrainSetting> &settings, const char *where,
                          Diagnostics &diagnostics);

/// The value of one entry; null after an error.
nlohmann::json readEntry(const TrainSetting &setting, const Expr &value, Diagnostics &diagnostics) {
  auto wrong = [&](const std::string &expected) {
    diagnostics.report(Kind::BadTrainSetting, value.loc, fmt::format("`{}` must be {}", setting.name, expected));
    return nlohmann::json();
  };
  if (setting.type == Type::Optimizer)
    return value.kind == ExprKind::Record ? readRecord(value, optimizerSettings(), "optimizer", diagnostics)
                                          : wrong("a record such as { type = \"adam\", lr = 0.001 }");
  if (setting.type == Type::Choice) {
    bool known = value.kind == ExprKind::String || value.kind == ExprKind::Name;
    known = known && std::find(setting.choices.begin(), setting.choices.end(), value.text) != setting.choices.end();
    return known ? nlohmann::json(value.text) : wrong(fmt::format("one of {}", fmt::join(setting.choices, ", ")));
  }
  double number = value.kind == ExprKind::Number ? value.number : std::nan("");
  bool whole = setting.type == Type::Whole;
  if (!(number >= setting.low && number <= setting.high) || (whole && number != std::floor(number)))
    return wrong(fmt::format("a {} of at least {}{}", whole ? "whole number" : "number", setting.low,
                             setting.high < kAny ? fmt::format(" and at most {}", setting.high) : ""));
  return whole ? nlohmann::json(static_cast<int64_t>(number)) : nlohmann::json(number);
}

nlohmann::json readRecord(const Expr &record, const std::vector<TrainSetting> &settings, const char *where,
                          Diagnostics &diagnostics) {
  nlohmann::json object = nlohmann::json::object();
  for (const Argument &entry : record.arguments) {
    auto setting =
        std::find_if(settings.begin(), settings.end(), [&](const TrainSetting &s) { return entry.name == s.name; });
    if (setting == settings.end()) {
      std::vector<std::string> names;
      for (const TrainSetting &s : settings)
        names.push_back(s.name);
      diagnostics
          .report(Kind::BadTrainSetting, entry.nameLoc, fmt::format("`{}` has no setting `{}`", where, entry.name))
          .suggestion = nearestName(entry.name, names);
    } else if (object.contains(entry.name)) {
      diagnostics.report(Kind::DuplicateArgument, entry.nameLoc, fmt::format("`{}` is given twice", entry.name));
    } else if (auto value = readEntry(*setting, *entry.value, diagnostics); !value.is_null()) {
      object[entry.name] = value;
    }
  }
  return object;
}

} // namespace

const std::vector<TrainSetting> &trainSettings() {
  static const std::vector<TrainSetting> settings = {
      {"optimizer", Type::Optimizer, 0, 0, {}}, {"epochs", Type::Whole, 1, kAny, {}},
      {"steps", Type::Whole, 0, kAny, {}},      {"batch_size", Type::Whole, 1, kAny, {}},
      {"lr", Type::Number, 0, kAny, {}},        {"schedule", Type::Choice, 0, 0, {"constant", "cosine"}},
      {"warmup", Type::Whole, 0, kAny, {}},     {"clip_norm", Type::Number, 0, kAny, {}},
      {"seed", Type::Whole, 0, kAny, {}},       {"valid_split", Type::Number, 0, 0.9, {}},
      {"patience", Type::Whole, 0, kAny, {}},   {"ema", Type::Number, 0, 0.999999, {}},
      {"l2", Type::Number, 0, kAny, {}},        {"samples", Type::Whole, 1, kAny, {}},
  };
  return settings;
}

const std::vector<TrainSetting> &optimizerSettings() {
  static const std::vector<TrainSetting> settings = {
      {"type", Type::Choice, 0, 0, {"adam", "sgd"}},
      {"lr", Type::Number, 0, kAny, {}},
      {"momentum", Type::Number, 0, 1, {}},
      {"beta1", Type::Number, 0, 1, {}},
      {"beta2", Type::Number, 0, 1, {}},
      {"epsilon", Type::Number, 0, kAny, {}},
      {"weight_decay", Type::Number, 0, kAny, {}},
  };
  return settings;
}

nlohmann::json readTrainSettings(const Expr &record, Diagnostics &diagnostics) {
  return readRecord(record, trainSettings(), "train", diagnostics);
}

} // namespace flowc::dsl
