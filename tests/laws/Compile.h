// SPDX-License-Identifier: MIT

#pragma once

#include "runtime/CompiledModel.h"

#include <filesystem>
#include <string>

namespace flowc::laws {

/// This process's folder for specs and models; what a spec imports is written here.
std::filesystem::path specFolder();

/// The flow `law` of a spec, compiled by the command. Whatever was compiled before it is gone from the folder.
runtime::CompiledModel compileSpec(const std::string &spec, const std::string &dtype = "both");

} // namespace flowc::laws
