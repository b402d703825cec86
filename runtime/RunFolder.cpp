// SPDX-License-Identifier: MIT

#include "runtime/RunFolder.h"

#include "runtime/AtomicFile.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

namespace flowc::runtime {
namespace {

using Json = nlohmann::ordered_json;

Json toJson(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

double numberOr(const Json &line, const std::string &key, double fallback) {
  auto found = line.find(key);
  return found != line.end() && found->is_number() ? found->get<double>() : fallback;
}

/// Calls visit(text, json) for each well-formed line; a last line that a kill cut short is skipped.
template <typename Visit> void forEachLine(std::string_view text, Visit visit) {
  while (!text.empty()) {
    size_t end = text.find('\n');
    Json json = Json::parse(text.substr(0, end), nullptr, false);
    if (json.is_object())
      visit(text.substr(0, end), json);
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}

} // namespace

Failure RunFolder::create(bool resume) const {
  std::error_code error;
  bool exists = std::filesystem::exists(file("optim.safetensors"), error);
  if (resume && !exists)
    return environmentError("{}: there is no run to resume: it has no optim.safetensors", path);
  if (!resume && exists)
    return environmentError("{}: holds another run; use --resume={} or another --run-dir", path, path);
  std::filesystem::create_directories(path, error);
  if (error)
    return environmentError("{}: cannot be made: {}", path, error.message());
  return std::nullopt;
}

Failure RunFolder::appendMetrics(const EpochReport &report) const {
  Json line = {{"epoch", report.epoch},
               {"step", report.step},
               {"train_" + metric, toJson(report.trainLoss)},
               {"valid_" + metric, toJson(report.validLoss)},
               {"lr", report.rate},
               {"gradient_norm", toJson(report.gradientNorm)},
               {"rows_per_second", std::round(report.rowsPerSecond)},
               {"seconds", report.seconds},
               {"best", report.isBest}};
  FILE *out = std::fopen(file("metrics.jsonl").c_str(), "ab");
  std::string text = line.dump() + "\n";
  bool fine = out && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  fine = out && std::fclose(out) == 0 && fine;
  return fine ? Failure() : environmentError("{}: cannot be written: {}", file("metrics.jsonl"), std::strerror(errno));
}

Failure RunFolder::dropMetricsAfter(int64_t step) const {
  Result<std::string> text = readFile(file("metrics.jsonl"));
  if (!text)
    return std::nullopt; // stopped before the first epoch ended
  std::string kept;
  forEachLine(*text, [&](std::string_view line, const Json &json) {
    if (numberOr(json, "step", 0) <= double(step))
      kept.append(line).append("\n");
  });
  return writeFileAtomically(file("metrics.jsonl"), {kept});
}

Result<std::vector<EpochReport>> RunFolder::readMetrics() const {
  Result<std::string> text = readFile(file("metrics.jsonl"));
  if (!text)
    return text.error();
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  std::vector<EpochReport> reports;
  forEachLine(*text, [&](std::string_view, const Json &json) {
    EpochReport report;
    report.epoch = int64_t(numberOr(json, "epoch", 0));
    report.step = int64_t(numberOr(json, "step", 0));
    report.trainLoss = numberOr(json, "train_" + metric, missing);
    report.validLoss = numberOr(json, "valid_" + metric, missing);
    report.rate = numberOr(json, "lr", missing);
    report.isBest = json.value("best", false);
    reports.push_back(report);
  });
  return reports;
}

} // namespace flowc::runtime
