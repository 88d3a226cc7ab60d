#include "reports/hunt/hunt_text.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "libtrack/analysis/printable.h"
#include "libtrack/hunt/catalogue.h"
#include "reports/hunt/hunt_words.h"
#include "reports/words/columns.h"
#include "reports/words/filter_words.h"

namespace mqtrack::reports {
namespace {

using hunt::OperationResult;
using hunt::Outcome;

using Kind = Columns::Kind;

/// A section for each chapter.
constexpr char kFindings[] = "docs/hunt_findings.md#";

std::string Verdict(const hunt::LeakSite& site) {
  if (!site.name.cache.empty()) return "cache: " + site.name.cache;
  const bool leaks = site.judgement.course == hunt::Course::kLeak;
  const std::string verdict = leaks ? (site.judgement.is_exact ? "leak" : "leak, uneven") : "not settled";
  return verdict + (site.has_table ? ", and a table" : "");
}

Style StyleOf(Outcome outcome) {
  if (outcome == Outcome::kLeak || outcome == Outcome::kCrash) return Style::kBad;
  return outcome == Outcome::kClean ? Style::kGood : Style::kPlain;
}

/// One row for each site of an operation, or for why there is none.
void AddRows(const OperationResult& one, const HuntOptions& options, Columns& table) {
  const bool is_narrow = IsNarrow(options.width_columns);
  const Style style = StyleOf(one.outcome);
  if (one.sites.empty()) {
    const std::string why = analysis::Printable(one.why);
    table.AddRow({{one.operation->name}, {""}, {""}, {""}, {hunt::OutcomeName(one.outcome), style}});
    if (!why.empty()) table.AddBelow("    " + why + "\n");
  }
  for (const hunt::LeakSite& site : one.sites) {
    const std::string per_round = PerRound(site), where = SiteWhere(site.name);
    table.AddRow({{&site == &one.sites.front() ? one.operation->name : ""},
                  {is_narrow ? "" : per_round},
                  {analysis::Printable(site.name.function), Style::kBold},
                  {is_narrow ? "" : where},
                  {Verdict(site), style}});
    std::string below = is_narrow ? "    " + per_round + (where.empty() ? "" : ", " + where) + "\n" : "";
    for (const std::string& frame : site.name.chain) {
      if (options.stacks) below += "    " + analysis::Printable(frame) + "\n";
    }
    table.AddBelow(std::move(below));
  }
}

std::string Table(const hunt::HuntResult& result, const HuntOptions& options) {
  Columns table({Kind::kText, Kind::kText, Kind::kName, Kind::kPath, Kind::kText});
  const bool is_narrow = IsNarrow(options.width_columns);
  table.AddRow({{"OPERATION", Style::kBold},
                {is_narrow ? "" : "PER ROUND", Style::kBold},
                {"SITE", Style::kBold},
                {""},
                {"VERDICT", Style::kBold}});
  bool is_empty = true;
  for (const OperationResult& one : result.operations) {
    const bool shows = one.outcome != Outcome::kClean && one.outcome != Outcome::kNotTried;
    if (!shows && !(options.all && one.outcome == Outcome::kClean)) continue;
    AddRows(one, options, table);
    is_empty = false;
  }
  return is_empty ? std::string() : "\n" + table.Render(0, options.width_columns, options.colour);
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

/// Where the documentation has more on what was found.
std::string ReadOn(const hunt::HuntResult& result) {
  std::vector<std::string> places;
  for (const OperationResult& one : result.operations) {
    if (one.outcome == Outcome::kClean || one.outcome == Outcome::kNotTried) continue;
    std::string place = kFindings + hunt::ChapterOf(one.operation->name);
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
  }
  std::string text;
  for (const std::string& place : places) text += "  " + place + "\n";
  return text.empty() ? text : "\nWhat it may mean:\n" + text;
}

}  // namespace

std::string RenderHuntText(const hunt::HuntResult& result, const HuntOptions& options) {
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.0f s", result.seconds);
  std::string text = Styled(analysis::Printable(result.program) + ", " + Totals(result) + ", in " + seconds,
                            Style::kBold, options.colour) +
                     "\n";
  if (!result.cut_short.empty()) text += Styled(CutShort(result), Style::kBad, options.colour) + "\n";
  text += Table(result, options) + NotTried(result);
  const auto first = std::find_if(result.operations.begin(), result.operations.end(), [](const OperationResult& one) {
    return one.outcome == Outcome::kLeak || one.outcome == Outcome::kCrash;
  });
  if (first != result.operations.end() && !options.repeat_before.empty())
    text += "\nTo repeat one:\n  " + options.repeat_before + " " + OptionWords("--only", first->operation->name) +
            options.repeat_behind + "\n";
  text += ReadOn(result);
  return text;
}

}  // namespace mqtrack::reports
