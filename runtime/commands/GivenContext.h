// SPDX-License-Identifier: MIT
//
// What the command line says of the context: a file of them, or one for all rows.

#ifndef FLOWC_RUNTIME_COMMANDS_GIVENCONTEXT_H
#define FLOWC_RUNTIME_COMMANDS_GIVENCONTEXT_H

#include "runtime/commands/Session.h"

namespace flowc::runtime {

/// The contexts of `rows` rows of data: those of --context, or that of --label or --context-values for all. Empty for a model that is not
/// conditional, which takes none of these.
template <typename T> Result<std::vector<T>> contextOfRows(const Session &session, int64_t rows);

/// Every context that is given; of a model that is not conditional, one without numbers.
template <typename T> Result<Table<T>> givenContexts(const Session &session);

/// Each of them `times` times, one after the other.
template <typename T> std::vector<T> repeated(const Table<T> &contexts, int64_t times);

/// That a model which is not conditional is given no context by any of `options`.
Failure refuseContext(const Session &session, std::initializer_list<const char *> options);

} // namespace flowc::runtime

#endif
