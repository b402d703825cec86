// SPDX-License-Identifier: MIT
//
// Files of contexts: tables whose rows are what a conditional model is given beside its data.

#ifndef FLOWC_RUNTIME_DATA_CONTEXTS_H
#define FLOWC_RUNTIME_DATA_CONTEXTS_H

#include "runtime/Manifest.h"
#include "runtime/data/Table.h"

namespace flowc::runtime {

/// What is wrong with a row of context, as in "is 2.5, which is no label"; empty if nothing is.
template <typename T> std::string contextFault(const Context &context, std::span<const T> row);

/// Reads a file of contexts; each must be one that the model may be given.
template <typename T> Result<Table<T>> readContexts(const std::string &path, const Context &context);

/// The same, of which there must be one for each of `rows` rows of data.
template <typename T> Result<Table<T>> readContexts(const std::string &path, const Context &context, int64_t rows);

} // namespace flowc::runtime

#endif
