// SPDX-License-Identifier: MIT
//
// Files that appear whole or not at all: written beside the target under a temporary name, synced, then renamed.

#ifndef FLOWC_RUNTIME_ATOMICFILE_H
#define FLOWC_RUNTIME_ATOMICFILE_H

#include "runtime/Error.h"

#include <initializer_list>
#include <string_view>

namespace flowc::runtime {

/// Replaces `path` by the parts, one after the other. On failure the old file is untouched and nothing else remains.
/// `-` and what is no regular file (a pipe, /dev/stdout) are written directly.
Failure writeFileAtomically(const std::string &path, std::initializer_list<std::string_view> parts);

/// The whole file.
Result<std::string> readFile(const std::string &path);

} // namespace flowc::runtime

#endif
