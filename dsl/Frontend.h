// SPDX-License-Identifier: MIT
//
// The language as a whole: a path in, a checked model out.

#pragma once

#include "dsl/Ast.h"
#include "dsl/Diagnostics.h"
#include "dsl/GraphBuilder.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace flowc::dsl {

/// A spec with everything that it imports and the prelude.
struct Spec {
  std::string path;
  std::string text;
  SyntaxTree tree; ///< Of the spec itself.
  /// All definitions in scope: the prelude's, the imported ones, the spec's own.
  std::vector<std::shared_ptr<const Definition>> definitions;
  /// The flows of imported files: what an objective may name.
  std::vector<FlowDecl> importedFlows;
  /// The `train` section, for the manifest.
  nlohmann::json train = nlohmann::json::object();
};

/// Reads `path` (.flow or .json, by the ending) and its imports. Nothing if the file cannot be read; everything else
/// that is wrong is in `diagnostics`, and the spec is then what could be read.
std::optional<Spec> loadSpec(const std::string &path, SourceManager &sources, Diagnostics &diagnostics);

/// The same of a text that was added to `sources`; its name decides the form and where imports are sought.
Spec loadSpec(uint32_t file, SourceManager &sources, Diagnostics &diagnostics);

/// What the file itself defines, layers and bijections, each alone as the only layer of a flow with `features` features: for judging
/// definitions that no flow uses yet. Only the one called `name`, if that is not empty.
std::vector<Spec> loadTrials(const std::string &path, const std::string &name, int64_t features, SourceManager &sources,
                             Diagnostics &diagnostics);

/// The prelude alone, for commands without a spec.
std::vector<std::shared_ptr<const Definition>> loadPrelude(SourceManager &sources, Diagnostics &diagnostics);

/// Tells `builder` the program of the spec's flow, which it must have. Returns whether all went well.
bool elaborate(const Spec &spec, GraphBuilder &builder, Diagnostics &diagnostics);

} // namespace flowc::dsl
