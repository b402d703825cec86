// SPDX-License-Identifier: MIT

#include "runtime/commands/Session.h"

#include "runtime/Parameters.h"
#include "runtime/commands/DeviceChoice.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>

namespace flowc::runtime {

using cli::Color;

int Session::fail(const Error &error) const {
  cli::printError(terminal, source.program, error.message);
  return int(error.code);
}

int Session::usage(std::string_view message) const { return fail({ExitCode::Usage, std::string(message)}); }

void Session::note(std::string_view message) const { fmt::print(stderr, "{}\n", message); }

void Session::warn(std::string_view message) const {
  fmt::print(stderr, "{}: {} {}\n", source.program, terminal.paint(Color::Yellow, "warning:"), message);
}

Result<Session> openSession(const ModelSource &source, const cli::Arguments &arguments) {
  cli::Terminal terminal = cli::describeTerminal(arguments.text("color").value_or("auto"));
  int64_t threads = arguments.integer("threads", 1, 256).value_or(0);
  Result<CompiledModel> model = arguments.error().empty()
                                    ? CompiledModel::open(source.path)
                                    : Result<CompiledModel>(Error{ExitCode::Usage, arguments.error()});
  if (!model) {
    cli::printError(terminal, source.program, model.error().message);
    return model.error();
  }
  return Session{source, arguments, terminal, *model, threads};
}

template <typename T> Result<Model<T>> loadModel(const Session &session) {
  const CompiledModel &compiled = session.compiled;
  Result<std::string> device = chooseDevice(session);
  if (!device)
    return device.error();
  Model<T> model(compiled.api(), *device);
  model.set_threads(session.threads);
  std::string path = session.arguments.text("params").value_or("");
  std::error_code ignored;
  if (path.empty() && std::filesystem::exists(compiled.trainedParametersPath(), ignored))
    path = compiled.trainedParametersPath();
  if (path.empty()) {
    if (compiled.manifest().parameterCount > 0)
      session.warn(fmt::format("{} is not trained yet; using its initial parameters", compiled.manifest().name));
    model.set_parameters(initialParameters<T>(compiled.manifest(), 0));
    return model;
  }
  Result<std::vector<T>> parameters = loadParameters<T>(path, compiled.manifest());
  if (!parameters)
    return parameters.error();
  model.set_parameters(*parameters);
  return model;
}

template <typename T> Result<Table<T>> readData(const Session &session, bool mayBeEmpty) {
  std::optional<std::string> path = session.arguments.text("data");
  if (!path)
    return Error{ExitCode::Usage, "`--data` is missing: a file with rows of numbers"};
  return readTable<T>(*path, {session.compiled.manifest().features, mayBeEmpty});
}

Result<std::vector<double>> parseNumbers(std::string_view option, std::string_view text, std::string_view example) {
  std::vector<double> numbers;
  while (true) {
    size_t end = std::min(text.find(','), text.size());
    double number = 0;
    auto [rest, error] = std::from_chars(text.data(), text.data() + end, number);
    if (error != std::errc() || rest != text.data() + end || !std::isfinite(number))
      return Error{ExitCode::Usage, fmt::format("`--{}`: `{}` is no number; expected {}such as {}", option,
                                                text.substr(0, end),
                                                example.find(',') == example.npos ? "one, " : "numbers with commas between, ", example)};
    numbers.push_back(number);
    if (end == text.size())
      return numbers;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> columnNames(std::string_view prefix, int64_t columns) {
  std::vector<std::string> names;
  for (int64_t i = 0; i < columns; ++i)
    names.push_back(fmt::format("{}{}", prefix, i));
  return names;
}

template <typename T>
std::vector<T> appendColumn(const std::vector<T> &values, int64_t columns, const std::vector<T> &extra) {
  std::vector<T> out;
  out.reserve(values.size() + extra.size());
  for (size_t row = 0; row < extra.size(); ++row) {
    out.insert(out.end(), values.begin() + int64_t(row) * columns, values.begin() + int64_t(row + 1) * columns);
    out.push_back(extra[row]);
  }
  return out;
}

template <typename T>
int writeResult(const Session &session, const std::vector<T> &values, int64_t rows, int64_t columns,
                const std::vector<std::string> &header) {
  std::string path = session.arguments.text("output").value_or("-");
  Failure failure = writeTable<T>(path, values, rows, columns, header);
  if (!failure && path != "-")
    session.note(fmt::format("{}: {} rows", path, rows));
  return failure ? session.fail(*failure) : int(ExitCode::Done);
}

#define FLOWC_INSTANTIATE(T)                                                                                           \
  template Result<Model<T>> loadModel(const Session &);                                                                \
  template Result<Table<T>> readData(const Session &, bool);                                                           \
  template std::vector<T> appendColumn(const std::vector<T> &, int64_t, const std::vector<T> &);                        \
  template int writeResult(const Session &, const std::vector<T> &, int64_t, int64_t, const std::vector<std::string> &);
FLOWC_INSTANTIATE(float)
FLOWC_INSTANTIATE(double)

} // namespace flowc::runtime
