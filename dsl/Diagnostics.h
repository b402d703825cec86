// SPDX-License-Identifier: MIT
//
// What is wrong with a spec: collected while reading and elaborating, rendered at the end.

#pragma once

#include "dsl/SourceManager.h"

#include <string>
#include <string_view>
#include <vector>

namespace flowc::dsl {

enum class Kind {
#define DIAGNOSTIC(ID, NAME) ID,
#include "dsl/DiagnosticKinds.def"
};

/// The stable name of a kind, such as "unknown-name".
std::string_view kindName(Kind kind);

struct Note {
  SourceLocation loc; ///< line 0: no place to show.
  std::string message;
};

enum class Severity { Error, Warning };

struct Diagnostic {
  Severity severity;
  Kind kind;
  SourceLocation loc;
  std::string message;
  std::string suggestion; ///< Shown beside the caret as `did you mean "..."?`; may be empty.
  std::vector<Note> notes;
};

/// A sink. What is said again at one place is dropped, and so is what comes after the twentieth.
class Diagnostics {
public:
  explicit Diagnostics(const SourceManager &sources) : sources(&sources) {}

  /// Adds an error, or a warning; the reference is valid until the next.
  Diagnostic &report(Kind kind, SourceLocation loc, std::string message, Severity severity = Severity::Error);

  bool hasErrors() const;
  const std::vector<Diagnostic> &all() const { return found; }

  /// The form that people and editors read: file:line:col: error: message [name], the source line, a caret, notes.
  std::string render(bool color) const;
  /// One JSON object per line: file, line, column, length, severity, name, message, suggestion, notes.
  std::string renderJson() const;

private:
  const SourceManager *sources;
  std::vector<Diagnostic> found;
  Diagnostic overflow{};
  size_t dropped = 0;
};

/// The nearest of `known` to `word`, or empty where none is near enough to be meant.
std::string nearestName(std::string_view word, const std::vector<std::string> &known);

} // namespace flowc::dsl
