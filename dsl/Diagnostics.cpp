// SPDX-License-Identifier: MIT

#include "dsl/Diagnostics.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace flowc::dsl {
namespace {

constexpr size_t kMost = 20;

constexpr std::string_view kNames[] = {
#define DIAGNOSTIC(ID, NAME) NAME,
#include "dsl/DiagnosticKinds.def"
};

/// Terminal sequences, or nothing.
struct Palette {
  const char *bold = "", *red = "", *magenta = "", *cyan = "", *green = "", *off = "";
};
constexpr Palette kColors{"\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[1;32m", "\033[0m"};

/// Letters added, left out, changed or swapped with their neighbour.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, last, row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool continuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// A source line as it can be shown: what is not printable text becomes `?`, very long lines are cut around the place.
struct Shown {
  std::string text;
  std::string indent; ///< What stands under everything before the caret; tabs stay tabs.
  size_t width = 1;   ///< Characters underlined.
};

Shown showLine(std::string_view line, SourceLocation loc) {
  size_t begin = std::min<size_t>(loc.column - 1, line.size()), end = std::min<size_t>(begin + loc.length, line.size());
  size_t from = begin > 120 ? begin - 80 : 0;
  size_t to = std::min(line.size(), std::max(end, from) + 80);
  Shown shown;
  shown.text = from ? "..." : "";
  shown.indent = from ? "   " : "";
  size_t under = 0;
  for (size_t i = from; i < to; ++i) {
    unsigned char c = static_cast<unsigned char>(line[i]);
    bool control = c < 0x20 && c != '\t';
    shown.text += control || c >= 0xF8 || c == 0xC0 ? '?' : line[i];
    if (continuesCharacter(line[i]))
      continue;
    if (i < begin)
      shown.indent += c == '\t' ? '\t' : ' ';
    else if (i < end)
      ++under;
  }
  shown.width = std::max<size_t>(under, 1);
  return shown;
}

class Renderer {
public:
  Renderer(const SourceManager &sources, const Palette &palette) : sources(sources), palette(palette) {}

  std::string render(const Diagnostic &diagnostic) {
    bool wrong = diagnostic.severity == Severity::Error;
    message(diagnostic.loc, wrong ? "error" : "warning", wrong ? palette.red : palette.magenta,
            fmt::format("{} [{}]", diagnostic.message, kindName(diagnostic.kind)));
    frame(diagnostic.loc, diagnostic.suggestion);
    for (const Note &note : diagnostic.notes) {
      // What is said of the same place needs no second look at it.
      if (note.loc == diagnostic.loc) {
        message({}, "note", palette.cyan, note.message);
        continue;
      }
      message(note.loc, "note", palette.cyan, note.message);
      frame(note.loc, "");
    }
    return out;
  }

private:
  void message(SourceLocation loc, const char *what, const char *color, const std::string &text) {
    if (loc.line)
      out +=
          fmt::format("{}{}:{}:{}:{} ", palette.bold, sources.file(loc.file).name, loc.line, loc.column, palette.off);
    out += fmt::format("{}{}:{} {}{}{}\n", color, what, palette.off, palette.bold, text, palette.off);
  }

  void frame(SourceLocation loc, const std::string &suggestion) {
    if (!loc.line)
      return;
    Shown shown = showLine(sources.line(loc.file, loc.line), loc);
    out += fmt::format(" {:>4} | {}\n      | {}{}^{}{}", loc.line, shown.text, shown.indent, palette.green,
                       std::string(shown.width - 1, '~'), palette.off);
    out += suggestion.empty() ? "\n" : fmt::format(" did you mean \"{}\"?\n", suggestion);
  }

  const SourceManager &sources;
  const Palette &palette;
  std::string out;
};

} // namespace

std::string_view kindName(Kind kind) { return kNames[static_cast<size_t>(kind)]; }

bool Diagnostics::hasErrors() const {
  return std::any_of(found.begin(), found.end(), [](const Diagnostic &known) { return known.severity == Severity::Error; });
}

Diagnostic &Diagnostics::report(Kind kind, SourceLocation loc, std::string message, Severity severity) {
  for (Diagnostic &known : found)
    if (loc.line && known.loc.file == loc.file && known.loc.line == loc.line && known.loc.column == loc.column &&
        known.message == message)
      return overflow = {};
  if (found.size() == kMost) {
    ++dropped;
    return overflow = {};
  }
  found.push_back({severity, kind, loc, std::move(message), {}, {}});
  return found.back();
}

std::string Diagnostics::render(bool color) const {
  static constexpr Palette plain{};
  std::string out;
  for (const Diagnostic &diagnostic : found)
    out += Renderer(*sources, color ? kColors : plain).render(diagnostic);
  if (dropped)
    out += fmt::format("note: {} more message{} not shown\n", dropped, dropped == 1 ? "" : "s");
  return out;
}

std::string Diagnostics::renderJson() const {
  auto place = [&](SourceLocation loc) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    if (loc.line)
      object = {
          {"file", sources->file(loc.file).name}, {"line", loc.line}, {"column", loc.column}, {"length", loc.length}};
    return object;
  };
  std::string out;
  for (const Diagnostic &diagnostic : found) {
    nlohmann::ordered_json object = place(diagnostic.loc);
    object["severity"] = diagnostic.severity == Severity::Error ? "error" : "warning";
    object["name"] = kindName(diagnostic.kind);
    object["message"] = diagnostic.message;
    if (!diagnostic.suggestion.empty())
      object["suggestion"] = diagnostic.suggestion;
    for (const Note &note : diagnostic.notes) {
      nlohmann::ordered_json entry = place(note.loc);
      entry["message"] = note.message;
      object["notes"].push_back(entry);
    }
    out += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  return out;
}

std::string nearestName(std::string_view word, const std::vector<std::string> &known) {
  std::string best;
  size_t bestDistance = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string &name : known)
    if (size_t distance = editDistance(word, name); distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  return best;
}

} // namespace flowc::dsl
