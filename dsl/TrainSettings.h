// SPDX-License-Identifier: MIT
//
// The `train` section: checked against a table of what there is.

#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"

#include <nlohmann/json.hpp>

namespace flowc::dsl {

/// A setting of `train` (or of its `optimizer`): its kind and range.
struct TrainSetting {
  const char *name;
  enum class Type { Whole, Number, Choice, Optimizer } type;
  double low, high;
  std::vector<std::string> choices;
};

const std::vector<TrainSetting> &trainSettings();
const std::vector<TrainSetting> &optimizerSettings();

/// The record as JSON; reports what is unknown or out of range.
nlohmann::json readTrainSettings(const Expr &record, Diagnostics &diagnostics);

} // namespace flowc::dsl
