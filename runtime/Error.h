// SPDX-License-Identifier: MIT
//
// Errors are values: a message of one line and the exit code that the command ends with. No exception crosses a
// function here.

#ifndef FLOWC_RUNTIME_ERROR_H
#define FLOWC_RUNTIME_ERROR_H

#include "runtime/cli/ExitCode.h"

#include <fmt/core.h>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace flowc::runtime {

using cli::ExitCode;

/// What went wrong, for a person: lower-case, one line, no full stop, what was found and what was expected.
struct Error {
  ExitCode code;
  std::string message;
};

/// Nothing, or what went wrong.
using Failure = std::optional<Error>;

/// A value, or what went wrong.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : state(std::move(value)) {}
  Result(Error error) : state(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state); }
  T &operator*() { return std::get<T>(state); }
  const T &operator*() const { return std::get<T>(state); }
  T *operator->() { return &std::get<T>(state); }
  const T *operator->() const { return &std::get<T>(state); }
  const Error &error() const { return std::get<Error>(state); }

private:
  std::variant<T, Error> state;
};

/// The input (data, checkpoint, manifest) is wrong.
template <typename... Args> Error badInput(fmt::format_string<Args...> format, Args &&...args) {
  return {ExitCode::BadInput, fmt::format(format, std::forward<Args>(args)...)};
}

/// The surroundings (a file, a disk, a library) do not play along.
template <typename... Args> Error environmentError(fmt::format_string<Args...> format, Args &&...args) {
  return {ExitCode::Environment, fmt::format(format, std::forward<Args>(args)...)};
}

} // namespace flowc::runtime

#endif
