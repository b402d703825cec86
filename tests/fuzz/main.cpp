// SPDX-License-Identifier: MIT
//
// fuzz_check [--seed N] [--count N] [--jobs N] [--laws N] [--limit SECONDS] [--show]
//
// Generates programs number seed, seed + 1, ..., checks them, and judges what the checker says. Every N-th program that
// is proved is compiled and held against its laws. What is found is shrunk and printed; the exit code says whether
// there was anything.

#include "tests/fuzz/Isolated.h"
#include "tests/fuzz/Laws.h"
#include "tests/fuzz/Shrink.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <set>

namespace {

using namespace flowc::fuzz;

struct Options {
  uint64_t seed = 1;
  size_t count = 500;
  unsigned jobs = 2, laws = 0;
  double limit = 60;
  bool show = false;
};

/// What became of one program.
struct Outcome {
  std::string verdict, text;
  std::vector<Fault> faults;
  /// The obligations that are not proved, as "unknown monotone".
  std::vector<std::string> open;
  int notRechecked = 0;
  bool laws = false;
  double seconds = 0;
};

std::string examine(const Program &program, uint64_t seed, bool laws) {
  // One per child: a context is expensive.
  static Checker checker;
  std::string text = program.text();
  Checked checked = checker.check(text, program.alone);
  Judgement judgement = judge(checked, seed);
  laws &= checked.verdict == "proved" && !program.alone && checked.notDerived.empty();
  if (laws)
    std::ranges::move(checkLaws(text, *checked.tape, seed), std::back_inserter(judgement.faults));
  nlohmann::json answer = {{"verdict", checked.refused.empty() ? checked.verdict : "refused"},
                           {"text", checked.refused},
                           {"notRechecked", judgement.notRechecked},
                           {"open", nlohmann::json::array()},
                           {"laws", laws},
                           {"faults", nlohmann::json::array()}};
  for (const CheckedLayer &layer : checked.layers)
    for (const CheckedObligation &obligation : layer.obligations)
      if (obligation.verdict != "proved")
        answer["open"].push_back(obligation.verdict + " " + obligation.kind);
  for (const Fault &fault : judgement.faults)
    answer["faults"].push_back({fault.what, fault.detail});
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Outcome read(const Answer &answer) {
  Outcome outcome;
  outcome.seconds = answer.seconds;
  if (answer.how != Answer::Done) {
    outcome.verdict = answer.how == Answer::Hung ? "hang" : "crash";
    outcome.faults.push_back({outcome.verdict, answer.text});
    return outcome;
  }
  nlohmann::json json = nlohmann::json::parse(answer.text);
  outcome.verdict = json["verdict"];
  outcome.text = json["text"];
  outcome.notRechecked = json["notRechecked"];
  outcome.open = json["open"];
  outcome.laws = json["laws"];
  for (const auto &fault : json["faults"])
    outcome.faults.push_back({fault[0], fault[1]});
  return outcome;
}

bool has(const Outcome &outcome, const std::string &what) {
  return std::ranges::any_of(outcome.faults, [&](const Fault &fault) { return fault.what == what; });
}

/// The program made smaller, with the same kind of fault.
Program shrunk(const Program &program, const std::string &what, uint64_t seed, const Options &options) {
  bool laws = what.starts_with("law-");
  return shrink(program, [&](const std::vector<Program> &tries) {
    size_t first = tries.size();
    runIsolated(
        tries.size(), options.jobs, options.limit, [&](size_t k) { return examine(tries[k], seed, laws); },
        [&](size_t k, const Answer &answer) {
          if (has(read(answer), what))
            first = k;
          return first == tries.size();
        });
    return first;
  });
}

/// Counts, by what made the program and by verdict.
struct Statistics {
  std::map<std::string, std::map<std::string, int>> byKind;
  std::map<std::string, int> all, monotone, open, faults;
  int notRechecked = 0, compiled = 0;
  double slowest = 0;
  uint64_t slowestSeed = 0;

  void take(const Program &program, const Outcome &outcome, uint64_t seed) {
    ++byKind[program.kind][outcome.verdict];
    ++all[outcome.verdict];
    if (program.monotoneByConstruction) {
      ++monotone[outcome.verdict];
      for (const std::string &what : std::set<std::string>(outcome.open.begin(), outcome.open.end()))
        ++open[what];
    }
    for (const Fault &fault : outcome.faults)
      ++faults[fault.what];
    notRechecked += outcome.notRechecked;
    compiled += outcome.laws;
    if (outcome.seconds > slowest)
      slowest = outcome.seconds, slowestSeed = seed;
  }

  static void print(const std::string &name, const std::map<std::string, int> &counts) {
    fmt::print("{:<12}", name);
    for (const char *verdict : {"proved", "refuted", "unknown", "refused", "crash", "hang"})
      fmt::print(" {:>6} {}", counts.contains(verdict) ? counts.at(verdict) : 0, verdict);
    fmt::print("\n");
  }

  void print() const {
    for (const auto &[kind, counts] : byKind)
      print(kind, counts);
    print("all", all);
    // Those that are monotone by construction, and what is not proved of them.
    print("(monotone)", monotone);
    for (const auto &[what, count] : open)
      fmt::print("{:>6} {}\n", count, what);
    for (const auto &[what, count] : faults)
      fmt::print("{:>6} {}\n", count, what);
    fmt::print(
        "{} compiled and held against the laws; {} witnesses not rechecked; the slowest program is {}, {:.1f} s\n",
        compiled, notRechecked, slowestSeed, slowest);
  }
};

std::optional<Options> parse(int argc, char **argv) {
  Options options;
  for (int k = 1; k < argc; ++k) {
    std::string name = argv[k];
    if (name == "--show") {
      options.show = true;
      continue;
    }
    if (k + 1 == argc)
      return std::nullopt;
    double value = std::strtod(argv[++k], nullptr);
    if (name == "--seed")
      options.seed = static_cast<uint64_t>(value);
    else if (name == "--count")
      options.count = static_cast<size_t>(value);
    else if (name == "--jobs")
      options.jobs = std::max(1u, static_cast<unsigned>(value));
    else if (name == "--laws")
      options.laws = static_cast<unsigned>(value);
    else if (name == "--limit")
      options.limit = value;
    else
      return std::nullopt;
  }
  return options;
}

} // namespace

int main(int argc, char **argv) {
  auto options = parse(argc, argv);
  if (!options) {
    fmt::print(stderr, "usage: fuzz_check [--seed N] [--count N] [--jobs N] [--laws N] [--limit SECONDS] [--show]\n");
    return 2;
  }
  std::vector<Program> programs;
  for (size_t k = 0; k < options->count; ++k)
    programs.push_back(generate(options->seed + k));
  Statistics statistics;
  std::map<std::string, std::vector<size_t>> found;
  auto isSampled = [&](size_t k) { return options->laws && k % options->laws == 0; };
  runIsolated(
      programs.size(), options->jobs, options->limit,
      [&](size_t k) { return examine(programs[k], options->seed + k, isSampled(k)); },
      [&](size_t k, const Answer &answer) {
        Outcome outcome = read(answer);
        statistics.take(programs[k], outcome, options->seed + k);
        if (options->show)
          fmt::print("# {}: {} {}{}\n{}\n", options->seed + k, outcome.verdict, fmt::join(outcome.open, ", "),
                     outcome.text, programs[k].text());
        for (const Fault &fault : outcome.faults) {
          fmt::print("seed {}: {}: {}\n{}\n", options->seed + k, fault.what, fault.detail, programs[k].text());
          if (std::vector<size_t> &places = found[fault.what]; places.empty() || places.back() != k)
            places.push_back(k);
        }
        std::fflush(stdout);
        return true;
      });
  statistics.print();
  // A few of each kind; the rest is usually the same fault again.
  for (const auto &[what, places] : found)
    for (size_t k = 0; k < std::min<size_t>(4, places.size()); ++k)
      fmt::print("shrunk from seed {}, {}:\n{}\n", options->seed + places[k], what,
                 shrunk(programs[places[k]], what, options->seed + places[k], *options).text());
  return found.empty() ? 0 : 1;
}
