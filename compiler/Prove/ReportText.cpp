// SPDX-License-Identifier: MIT

#include "compiler/Prove/ReportText.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"

#include <cmath>

namespace flowc::prove {
namespace {

constexpr size_t kMostLines = 16;

std::string paint(const TextStyle &style, Verdict verdict, const std::string &text) {
  if (!style.color)
    return text;
  const char *code = holds(verdict) ? "32" : verdict == Verdict::Refuted ? "31" : "33";
  return "\x1b[" + std::string(code) + "m" + text + "\x1b[0m";
}

std::string shortNumber(int64_t count) {
  if (count < 10000)
    return std::to_string(count);
  return count < 10000000 ? std::to_string((count + 500) / 1000) + "k"
                          : std::to_string((count + 500000) / 1000000) + "M";
}

/// One row of the table: layers that agree in everything shown.
struct Row {
  std::vector<const LayerReport *> layers;
  std::vector<std::string> cells;
};

std::string structureOf(const LayerReport &layer) {
  std::string text = layer.structure;
  if (layer.levels > 2)
    text += ", " + std::to_string(layer.levels) + " levels";
  if (!layer.image.empty() && !layer.base)
    text += ", onto " + layer.image;
  return layer.base ? "base" : text;
}

std::vector<Row> rowsOf(const ModelReport &report, const FactsByLayer &facts) {
  std::vector<Row> rows;
  for (const LayerReport &layer : report.layers) {
    auto fact = facts.find(layer.name);
    std::vector<std::string> cells = {layer.type, structureOf(layer), verdictName(layer.verdict()).str()};
    if (fact != facts.end()) {
      const DerivedFacts &derived = fact->second;
      cells.push_back(derived.inverse);
      cells.push_back(shortNumber(derived.toLatent) + " / " + shortNumber(derived.toData));
      cells.push_back(derived.logDet);
    } else {
      cells.insert(cells.end(), {"-", "-", "-"});
    }
    auto same = llvm::find_if(rows, [&](const Row &row) { return row.cells == cells; });
    if (same == rows.end())
      rows.push_back({{&layer}, cells});
    else
      same->layers.push_back(&layer);
  }
  return rows;
}

void printTable(llvm::raw_ostream &out, const std::vector<Row> &rows, const TextStyle &style) {
  std::vector<std::string> head = {"layer", "structure", "verdict", "inverse", "mult. to latent / data", "log|det J|"};
  std::vector<size_t> widths;
  auto cellOf = [](const Row &row, size_t c) {
    return c == 0 && row.layers.size() > 1 ? row.cells[0] + " x" + std::to_string(row.layers.size()) : row.cells[c];
  };
  for (size_t c = 0; c < head.size(); ++c) {
    widths.push_back(head[c].size());
    for (const Row &row : rows)
      widths[c] = std::max(widths[c], cellOf(row, c).size());
  }
  auto pad = [&](const std::string &text, size_t c) {
    return c + 1 == head.size() ? text : text + std::string(widths[c] - text.size() + 2, ' ');
  };
  for (size_t c = 0; c < head.size(); ++c)
    out << pad(head[c], c);
  out << "\n";
  for (const Row &row : rows) {
    for (size_t c = 0; c < head.size(); ++c) {
      std::string text = pad(cellOf(row, c), c);
      out << (c == 2 ? paint(style, row.layers[0]->verdict(), text) : text);
    }
    out << "\n";
  }
}

/// Which direction is the cheap one, where they differ, and which layers make the other one slow.
void printDirections(llvm::raw_ostream &out, const std::vector<Row> &rows) {
  struct {
    const char *toSide, *use;
    std::string slow;
    int64_t levels = 0;
  } directions[] = {{"to data", "samples"}, {"to latent", "densities, training"}};
  for (const Row &row : rows)
    for (bool toLatent : {false, true})
      if (const LayerReport &layer = *row.layers[0]; !layer.isOnePass(toLatent)) {
        directions[toLatent].slow += (directions[toLatent].slow.empty() ? "`" : ", `") + layer.type + "`";
        directions[toLatent].levels += layer.levels * static_cast<int64_t>(row.layers.size());
      }
  for (bool toLatent : {false, true}) {
    const auto &slow = directions[toLatent], &cheap = directions[!toLatent];
    if (slow.slow.empty())
      continue;
    out << "\n";
    if (cheap.slow.empty())
      out << "Cheap direction: " << cheap.toSide << " (" << cheap.use << "), one pass. ";
    out << (toLatent ? "To latent (" : "To data (") << slow.use << "), " << slow.levels << " levels one after the other in " << slow.slow
        << ".\n";
  }
}

/// What the user is answerable for.
void printAssumptions(llvm::raw_ostream &out, const std::vector<Row> &rows) {
  for (const Row &row : rows)
    for (const Obligation &obligation : row.layers[0]->obligations)
      if (obligation.verdict == Verdict::Assumed)
        out << "\n`" << row.layers[0]->type << "` assumes " << obligation.statement << ".\n";
}

void printObligations(llvm::raw_ostream &out, const LayerReport &layer, const TextStyle &style) {
  for (const Obligation &obligation : layer.obligations) {
    out << "  " << paint(style, obligation.verdict, llvm::formatv("{0,-8}", verdictName(obligation.verdict)).str())
        << " " << llvm::formatv("{0,-10}", obligation.kind) << " " << obligation.statement;
    if (!obligation.method.empty())
      out << "  [" << obligation.method << "]";
    out << "\n";
  }
}

/// The pattern as text lines, at most kMostLines high: larger ones are seen from further away.
std::vector<std::string> drawPattern(const LayerReport &layer, const TextStyle &style) {
  size_t features = layer.pattern.size(), step = (features + kMostLines - 1) / kMostLines;
  size_t side = (features + step - 1) / step;
  std::vector<std::vector<bool>> filled(side, std::vector<bool>(side));
  for (size_t row = 0; row < features; ++row)
    for (int64_t column : layer.pattern[row])
      filled[row / step][column / step] = true;
  std::vector<std::string> lines;
  for (const auto &row : filled) {
    std::string line;
    for (bool cell : row)
      line += style.unicode ? (cell ? "■ " : "· ") : (cell ? "# " : ". ");
    lines.push_back(line);
  }
  return lines;
}

void printPatterns(llvm::raw_ostream &out, const std::vector<Row> &rows, const TextStyle &style) {
  std::vector<std::vector<std::string>> pictures;
  std::vector<std::pair<std::string, size_t>> captions;
  std::vector<const LayerReport *> drawn;
  for (const Row &row : rows) {
    const LayerReport &layer = *row.layers[0];
    bool known = llvm::any_of(drawn, [&](const LayerReport *other) { return other->pattern == layer.pattern; });
    if (layer.base || layer.pattern.empty() || known || drawn.size() == 4)
      continue;
    drawn.push_back(&layer);
    pictures.push_back(drawPattern(layer, style));
    captions.emplace_back(layer.type, std::max(layer.type.size(), 2 * pictures.back().size()));
  }
  if (pictures.empty())
    return;
  out << "\nWhich output (row) depends on which input (column):\n\n";
  size_t height = 0;
  for (size_t p = 0; p < pictures.size(); ++p) {
    height = std::max(height, pictures[p].size());
    out << "  " << captions[p].first << std::string(captions[p].second - captions[p].first.size() + 2, ' ');
  }
  for (size_t line = 0; line < height; ++line) {
    out << "\n";
    for (size_t p = 0; p < pictures.size(); ++p) {
      bool has = line < pictures[p].size();
      out << "  " << (has ? pictures[p][line] : "")
          << std::string(captions[p].second + 2 - (has ? 2 * pictures[p].size() : 0), ' ');
    }
  }
  out << "\n";
}

llvm::json::Object toJson(const Witness &witness) {
  llvm::json::Object point;
  for (const auto &[name, value] : witness.point)
    point[name] = value;
  llvm::json::Object object{{"point", std::move(point)}, {"value", std::isfinite(witness.value) ? llvm::json::Value(witness.value) : nullptr}};
  if (witness.twins)
    object["inputs"] = llvm::json::Array(*witness.twins);
  return object;
}

llvm::json::Value toJson(const Obligation &obligation) {
  llvm::json::Object object{{"kind", obligation.kind},
                            {"statement", obligation.statement},
                            {"verdict", verdictName(obligation.verdict)},
                            {"method", obligation.method}};
  if (!obligation.features.empty())
    object["features"] = llvm::json::Array(obligation.features);
  for (auto [key, text] :
       {std::pair("failure", &obligation.failure), {"finding", &obligation.finding}, {"remedy", &obligation.remedy}})
    if (!text->empty())
      object[key] = *text;
  if (obligation.witness)
    object["witness"] = toJson(*obligation.witness);
  return object;
}

} // namespace

std::string reportText(const ModelReport &report, const FactsByLayer &facts, const TextStyle &style) {
  std::string text;
  llvm::raw_string_ostream out(text);
  size_t counts[4] = {};
  for (const LayerReport &layer : report.layers)
    ++counts[static_cast<size_t>(layer.verdict())];
  out << report.name << ": " << report.features << (report.features == 1 ? " feature, " : " features, ")
      << report.layers.size() << (report.layers.size() == 1 ? " layer: " : " layers: ");
  std::string verdicts;
  for (Verdict verdict : {Verdict::Proved, Verdict::Assumed, Verdict::Refuted, Verdict::Unknown})
    if (size_t count = counts[static_cast<size_t>(verdict)])
      verdicts += (verdicts.empty() ? "" : ", ") +
                  paint(style, verdict, std::to_string(count) + " " + verdictName(verdict).str());
  out << verdicts << "\n\n";
  std::vector<Row> rows = rowsOf(report, facts);
  printTable(out, rows, style);
  printAssumptions(out, rows);
  printDirections(out, rows);
  if (style.verbose)
    for (const Row &row : rows) {
      out << "\n" << row.layers[0]->name << "\n";
      printObligations(out, *row.layers[0], style);
    }
  printPatterns(out, rows, style);
  return text;
}

llvm::json::Object reportJson(const ModelReport &report, const FactsByLayer &facts) {
  llvm::json::Array layers;
  for (const LayerReport &layer : report.layers) {
    llvm::json::Array obligations, warnings;
    for (const Obligation &obligation : layer.obligations)
      obligations.push_back(toJson(obligation));
    llvm::json::Object object{{"name", layer.name},
                              {"type", layer.type},
                              {"structure", layer.structure},
                              {"levels", layer.levels},
                              {"one_pass", llvm::json::Object{{"to_latent", layer.isOnePass(true)}, {"to_data", layer.isOnePass(false)}}},
                              {"base", layer.base},
                              {"verdict", verdictName(layer.verdict())},
                              {"obligations", std::move(obligations)}};
    for (const Warning &warning : layer.warnings) {
      llvm::json::Object entry{{"finding", warning.finding}, {"remedy", warning.remedy}, {"witness", toJson(warning.witness)}};
      warnings.push_back(std::move(entry));
    }
    if (!warnings.empty())
      object["warnings"] = std::move(warnings);
    if (auto fact = facts.find(layer.name); fact != facts.end()) {
      object["inverse"] = fact->second.inverse;
      object["log_det"] = fact->second.logDet;
      object["multiplications"] =
          llvm::json::Object{{"to_latent", fact->second.toLatent}, {"to_data", fact->second.toData}};
    }
    layers.push_back(std::move(object));
  }
  llvm::json::Object whole{{"flowc_check", 1},
                           {"name", report.name},
                           {"features", report.features},
                           {"verdict", verdictName(report.verdict())},
                           {"layers", std::move(layers)}};
  if (report.unmixed)
    whole["unmixed"] = llvm::json::Array(report.unmixed->features);
  return whole;
}

std::string reportSvg(const ModelReport &report) {
  constexpr int kSide = 160, kGap = 40, kTop = 50;
  std::vector<const LayerReport *> drawn;
  for (const LayerReport &layer : report.layers)
    if (!layer.base && !layer.pattern.empty() && llvm::none_of(drawn, [&](const LayerReport *other) {
          return other->type == layer.type && other->pattern == layer.pattern;
        }))
      drawn.push_back(&layer);
  int columns = std::max<int>(1, std::min<int>(4, drawn.size())),
      lines = (static_cast<int>(drawn.size()) + columns - 1) / columns;
  std::string text;
  llvm::raw_string_ostream out(text);
  int width = kGap + columns * (kSide + kGap), height = kTop + lines * (kSide + kTop);
  out << llvm::formatv("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
                       "font-family=\"sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
                       width, height);
  for (size_t k = 0; k < drawn.size(); ++k) {
    const LayerReport &layer = *drawn[k];
    double left = kGap + static_cast<int>(k) % columns * (kSide + kGap),
           top = kTop + static_cast<int>(k) / columns * (kSide + kTop);
    double cell = static_cast<double>(kSide) / layer.pattern.size();
    out << llvm::formatv("<text x=\"{0}\" y=\"{1}\" font-size=\"13\" fill=\"#2a2a33\">{2}</text>\n", left, top - 10,
                         layer.type)
        << llvm::formatv(
               "<rect x=\"{0}\" y=\"{1}\" width=\"{2}\" height=\"{2}\" fill=\"#f1f1f4\"/>\n<path fill=\"#3b5b92\" d=\"",
               left, top, kSide);
    double inner = cell * (cell > 4 ? 0.9 : 1);
    for (size_t row = 0; row < layer.pattern.size(); ++row)
      for (int64_t column : layer.pattern[row])
        out << llvm::format("M%.2f %.2fh%.2fv%.2fh%.2fz", left + column * cell, top + row * cell, inner, inner, -inner);
    out << "\"/>\n";
  }
  out << "</svg>\n";
  return text;
}

} // namespace flowc::prove
