// SPDX-License-Identifier: MIT
//
// `explain`: the manifest's layers, for a person.

#include "runtime/commands/Session.h"

#include <cstdio>

namespace flowc::runtime {
namespace {

void printFormulas(std::string_view title, const std::vector<std::string> &formulas) {
  for (size_t i = 0; i < formulas.size(); ++i)
    fmt::print("    {:<8} {}\n", i == 0 ? title : "", formulas[i]);
}

} // namespace

int runExplain(const ModelSource &source, const cli::Arguments &arguments) {
  Result<Session> session = openSession(source, arguments);
  if (!session)
    return int(session.error().code);
  if (arguments.has("json")) {
    fmt::print("{}\n", session->compiled.api()->manifest);
    return int(ExitCode::Done);
  }
  const Manifest &manifest = session->compiled.manifest();
  std::string dtypes;
  for (const std::string &dtype : manifest.dtypes)
    dtypes += (dtypes.empty() ? "" : ", ") + dtype;
  int64_t frozen = manifest.parameterCount - manifest.trainedCount;
  std::string whose = manifest.takesStatistics ? "running statistics" : manifest.objective.target;
  fmt::print("{}: {} features, {} parameters{}, base {}, {}\n", manifest.name, manifest.features, manifest.trainedCount,
             frozen > 0 ? fmt::format(" and {} of {}", frozen, whose) : "", manifest.base, dtypes);
  if (manifest.context)
    fmt::print("conditional on a context: {}\n", manifest.context.describe());
  for (const Layer &layer : manifest.layers) {
    std::string levels = layer.levels > 0 ? fmt::format(", {} level{}", layer.levels, layer.levels > 1 ? "s" : "") : "";
    std::string type = layer.type.empty() ? "" : fmt::format("  {}", layer.type);
    fmt::print("\n  {}{}  ({}{})\n", layer.name, type, layer.verdict.empty() ? "no verdict" : layer.verdict, levels);
    printFormulas("forward", layer.forward);
    printFormulas("inverse", layer.inverse);
    printFormulas("log-det", layer.logDet);
  }
  return int(ExitCode::Done);
}

} // namespace flowc::runtime
