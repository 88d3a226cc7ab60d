#include "reports/hunt/hunt_text.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "libtrack/analysis/printable.h"
#include "reports/hunt/hunt_words.h"

namespace mqtrack::reports {
namespace {

using hunt::OperationResult;
using hunt::Outcome;

struct Cells {
  std::string operation, per_round, site, verdict;
  const hunt::LeakSite* leak = nullptr;
};

std::vector<Cells> RowsOf(const OperationResult& result) {
  std::vector<Cells> rows;
  const std::string verdict = hunt::OutcomeName(result.outcome);
  if (result.sites.empty()) return {{result.operation->name, "-", analysis::Printable(result.why), verdict, nullptr}};
  for (const hunt::LeakSite& site : result.sites) {
    const bool leaks = site.judgement.course == hunt::Course::kLeak;
    std::string own = leaks ? (site.judgement.is_exact ? "leak" : "leak, uneven") : "not settled";
    if (site.has_table) own += ", and a table";
    if (!site.name.cache.empty()) own = "cache: " + site.name.cache;
    rows.push_back({rows.empty() ? result.operation->name : "", PerRound(site), SiteWords(site.name), own, &site});
  }
  return rows;
}

std::string Padded(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

/// Reasons why operations were not tried, and of how many.
std::string NotTried(const hunt::HuntResult& result) {
  std::map<std::string, std::pair<std::int64_t, std::string>> reasons;
  for (const OperationResult& one : result.operations) {
    if (one.outcome != Outcome::kNotTried) continue;
    auto& [count, name] = reasons[one.why];
    if (count++ == 0) name = one.operation->name;
  }
  if (reasons.empty()) return {};
  std::string text = "\nNot tried, so not passed:\n";
  for (const auto& [why, which] : reasons) {
    const auto& [count, name] = which;
    text += "  " + name + (count > 1 ? " and " + std::to_string(count - 1) + " more" : "") + ": " +
            analysis::Printable(why) + "\n";
  }
  return text;
}

}  // namespace

std::string RenderHuntText(const hunt::HuntResult& result, const HuntOptions& options) {
  std::vector<Cells> rows;
  const OperationResult* first = nullptr;
  for (const OperationResult& one : result.operations) {
    const bool shows = one.outcome != Outcome::kClean && one.outcome != Outcome::kNotTried;
    if (!shows && !(options.all && one.outcome == Outcome::kClean)) continue;
    if (one.outcome == Outcome::kLeak && first == nullptr) first = &one;
    for (Cells& cells : RowsOf(one)) rows.push_back(std::move(cells));
  }
  std::size_t operation = 9, per_round = 9, site = 4;
  for (const Cells& row : rows) {
    operation = std::max(operation, row.operation.size());
    per_round = std::max(per_round, row.per_round.size());
    site = std::max(site, row.site.size());
  }
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.0f s", result.seconds);
  std::string text = analysis::Printable(result.program) + ", " + Totals(result) + ", in " + seconds + "\n";
  if (!rows.empty())
    text += "\n" + Padded("OPERATION", operation) + "  " + Padded("PER ROUND", per_round) + "  " +
            Padded("SITE", site) + "  VERDICT\n";
  for (const Cells& row : rows) {
    text += Padded(row.operation, operation) + "  " + Padded(row.per_round, per_round) + "  " + Padded(row.site, site) +
            "  " + row.verdict + "\n";
    if (!options.stacks || row.leak == nullptr) continue;
    for (const std::string& frame : row.leak->name.chain) text += "    " + analysis::Printable(frame) + "\n";
  }
  text += NotTried(result);
  if (first != nullptr)
    text += "\nTo repeat one: " + options.command + " --only " + first->operation->name + " --rounds 1000 --keep" +
            options.behind + "\n";
  return text;
}

}  // namespace mqtrack::reports
