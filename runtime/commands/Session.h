// SPDX-License-Identifier: MIT
//
// What every command begins with: the model opened, its element type chosen, its parameters loaded.

#ifndef FLOWC_RUNTIME_COMMANDS_SESSION_H
#define FLOWC_RUNTIME_COMMANDS_SESSION_H

#include "runtime/CompiledModel.h"
#include "runtime/cli/Terminal.h"
#include "runtime/commands/Commands.h"
#include "runtime/data/Table.h"

namespace flowc::runtime {

struct Session {
  const ModelSource &source;
  const cli::Arguments &arguments;
  cli::Terminal terminal;
  CompiledModel compiled;
  int64_t threads; // 0 for the default

  /// Prints the error and returns its exit code.
  int fail(const Error &error) const;
  int usage(std::string_view message) const;

  /// Prints a line on stderr.
  void note(std::string_view message) const;
  void warn(std::string_view message) const;
};

/// Opens the model and reads the common options; prints what is wrong.
Result<Session> openSession(const ModelSource &source, const cli::Arguments &arguments);

/// Calls `body(T())`, T being the element type that --dtype names, or the model's first. Returns the exit code.
template <typename Body> int withDtype(const Session &session, Body body) {
  std::string asked = session.arguments.text("dtype").value_or(session.compiled.has(FLOWRT_F32) ? "f32" : "f64");
  if (!session.compiled.has(asked == "f32" ? FLOWRT_F32 : FLOWRT_F64))
    return session.usage(
        fmt::format("the model was not compiled for {}; it has {}", asked, asked == "f32" ? "f64" : "f32"));
  return asked == "f32" ? body(float()) : body(double());
}

/// The model with the parameters of --params, or of its last training, or else (with a warning) untrained ones.
template <typename T> Result<Model<T>> loadModel(const Session &session);

/// The table of --data, which must be given.
template <typename T> Result<Table<T>> readData(const Session &session, bool mayBeEmpty);

/// The numbers that an option has, with commas between. `example` is shown where one is wrong.
Result<std::vector<double>> parseNumbers(std::string_view option, std::string_view text, std::string_view example);

/// x0, x1, ... for a header.
std::vector<std::string> columnNames(std::string_view prefix, int64_t columns);

/// `values` with `extra` as one more column.
template <typename T>
std::vector<T> appendColumn(const std::vector<T> &values, int64_t columns, const std::vector<T> &extra);

/// Writes a table to --output, CSV on stdout without it. Returns the exit code.
template <typename T>
int writeResult(const Session &session, const std::vector<T> &values, int64_t rows, int64_t columns,
                const std::vector<std::string> &header);

} // namespace flowc::runtime

#endif
