// SPDX-License-Identifier: MIT
//
// `selftest`: the verdicts as a table, or as JSON.

#include "runtime/selftest/Selftest.h"

#include "runtime/Parameters.h"
#include "runtime/commands/DeviceChoice.h"

#include <cmath>
#include <filesystem>

namespace flowc::runtime {
namespace {

void printTable(const Session &session, const std::vector<Verdict> &verdicts) {
  std::string setting;
  for (const Verdict &verdict : verdicts) {
    if (verdict.setting != setting)
      fmt::print("{}{} parameters\n", setting.empty() ? "" : "\n", setting = verdict.setting);
    std::string mark = verdict.passed ? session.terminal.paint(cli::Color::Green, "ok  ")
                                      : session.terminal.paint(cli::Color::Red, "FAIL");
    std::string error = verdict.tolerance > 0
                            ? fmt::format("{:8.1e}  (allowed {:.0e})", verdict.worst, verdict.tolerance)
                        : verdict.passed ? "   exact"
                                         : "  differs";
    fmt::print("  {}  {:<40}{}{}{}\n", mark, verdict.property, error, verdict.note.empty() ? "" : "  ", verdict.note);
  }
}

void printJson(const std::vector<Verdict> &verdicts) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Verdict &verdict : verdicts)
    list.push_back({{"property", verdict.property},
                    {"setting", verdict.setting},
                    {"passed", verdict.passed},
                    {"error", std::isfinite(verdict.worst) ? nlohmann::ordered_json(verdict.worst) : nullptr},
                    {"tolerance", verdict.tolerance},
                    {"note", verdict.note}});
  fmt::print("{}\n", list.dump(2));
}

} // namespace

int runSelftest(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  int64_t seed = arguments.integer("seed", 0).value_or(1);
  if (!arguments.error().empty())
    return session->usage(arguments.error());
  std::string path = arguments.text("params").value_or("");
  std::error_code ignored;
  if (path.empty() && std::filesystem::exists(session->compiled.trainedParametersPath(), ignored))
    path = session->compiled.trainedParametersPath();
  Values extra;
  if (!path.empty()) {
    Result<Values> loaded = loadParameters<double>(path, session->compiled.manifest());
    if (!loaded)
      return session->fail(loaded.error());
    extra = std::move(*loaded);
  }
  Result<std::string> device = chooseDevice(*session);
  if (!device)
    return session->fail(device.error());
  std::vector<Verdict> verdicts = runSelftests(session->compiled, uint64_t(seed), extra, *device);
  if (arguments.has("json"))
    printJson(verdicts);
  else
    printTable(*session, verdicts);
  auto failed = std::count_if(verdicts.begin(), verdicts.end(), [](const Verdict &verdict) { return !verdict.passed; });
  std::fflush(stdout);
  session->note(failed ? fmt::format("{} of {} properties failed", failed, verdicts.size())
                       : fmt::format("all {} properties hold", verdicts.size()));
  return int(failed ? ExitCode::BadInput : ExitCode::Done);
}

} // namespace flowc::runtime
