#include "reports/hunt/hunt_words.h"

#include <cmath>
#include <cstdio>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using hunt::Judgement;
using hunt::LeakSite;
using hunt::Outcome;

/// `total` for each of `rounds`: whole where it is, else with one digit after the point.
std::string Each(std::int64_t total, std::int64_t rounds) {
  if (rounds == 0) return "?";
  if (total % rounds == 0) return support::FormatCount(total / rounds);
  char text[64];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(total) / static_cast<double>(rounds));
  return text;
}

}  // namespace

std::string TypeOf(log::Kind kind) {
  const log::SampleKind bytes = log::FindSampleKind(kind, log::Measure::kLiveBytes);
  return bytes.name[0] != 0 ? bytes.name : log::FindSampleKind(kind, log::Measure::kLiveCount).name;
}

std::string PerRound(const LeakSite& site) {
  const Judgement& judged = site.judgement;
  const std::string about = judged.is_exact ? "" : "about ";
  const std::string objects = Each(judged.total.objects, judged.rounds);
  const bool has_bytes = log::FindSampleKind(site.kind, log::Measure::kLiveBytes).name[0] != 0;
  if (!has_bytes) {
    const log::SampleKind row = log::FindSampleKind(site.kind, log::Measure::kLiveCount);
    return about + objects + " " + (objects == "1" ? row.one : row.many);
  }
  return about + Each(judged.total.bytes, judged.rounds) + " bytes in " + objects +
         (objects == "1" ? " object" : " objects");
}

std::string SiteWhere(const hunt::SiteName& name) {
  return Where(support::BaseName(name.file), name.line, name.module, {});
}

std::string SiteWords(const hunt::SiteName& name) {
  const std::string where = SiteWhere(name), function = analysis::Printable(name.function);
  if (where.empty()) return function;
  return function + (name.file.empty() ? " " + where : " (" + where + ")");
}

std::string FindingWords(const hunt::OperationResult& result, const LeakSite& site) {
  std::string words =
      std::string(hunt::OutcomeName(result.outcome)) + ": " + PerRound(site) + " a round at " + SiteWords(site.name);
  if (!site.name.cache.empty()) words += ", " + site.name.cache;
  return words;
}

std::string CutShort(const hunt::HuntResult& result) {
  return "The hunt ended early: " + analysis::Printable(result.cut_short) + ". What was not tried has not passed.";
}

std::string Totals(const hunt::HuntResult& result) {
  std::string text = support::FormatCount(static_cast<std::int64_t>(result.operations.size())) + " operations";
  const char* separator = ": ";
  for (const Outcome outcome :
       {Outcome::kLeak, Outcome::kCrash, Outcome::kNotSettled, Outcome::kCache, Outcome::kNotTried, Outcome::kClean}) {
    const std::int64_t count = result.Count(outcome);
    if (count == 0) continue;
    text += separator + support::FormatCount(count) + " " + hunt::OutcomeName(outcome);
    separator = ", ";
  }
  return text;
}

}  // namespace mqtrack::reports
