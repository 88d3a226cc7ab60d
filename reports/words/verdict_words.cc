#include "reports/words/verdict_words.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "libtrack/verdicts/verdict.h"
#include "reports/words/fit_names.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;

/// "3 backlog (…), 1 churn (…)", in the verdicts' order; in brackets what `describe` says of the sites.
template <typename Describe>
std::string JoinVerdicts(const SiteTable& table, const Describe& describe) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i) {
    const std::string name(verdicts::VerdictName(static_cast<verdicts::Verdict>(i)));
    std::vector<const Site*> sites;
    for (const Site& site : table.sites) {
      if (site.verdict && site.verdict->name == name) sites.push_back(&site);
    }
    if (!sites.empty())
      words.push_back(support::FormatCount(static_cast<std::int64_t>(sites.size())) + " " + name + " (" +
                      describe(sites) + ")");
  }
  return support::Join(words);
}

}  // namespace

bool IsUndecided(const Site& site) {
  return site.verdict && site.verdict->name == verdicts::VerdictName(verdicts::Verdict::kInconclusive);
}

bool HasVerdicts(const SiteTable& table) {
  return std::any_of(table.sites.begin(), table.sites.end(), [](const Site& site) { return site.verdict.has_value(); });
}

std::string VerdictCounts(const SiteTable& table) {
  return JoinVerdicts(table, [&](const std::vector<const Site*>& sites) {
    std::int64_t value = 0;
    for (const Site* site : sites) value = analysis::Sum(value, table.is_diff ? site->growth() : site->value);
    return support::FormatValue(value, table.value_type.unit);
  });
}

std::string VerdictLegend(const SiteTable& table) {
  constexpr std::size_t kNamed = 3, kWidest = 40;
  const std::string words = JoinVerdicts(table, [&](const std::vector<const Site*>& sites) {
    std::vector<std::string> names;
    for (const Site* site : sites) {
      if (names.size() < kNamed) names.push_back(ShortName(site->function, kWidest));
    }
    return support::Join(names) + (sites.size() > kNamed ? ", ..." : "");
  });
  return words.empty() ? words : "verdicts: " + words;
}

std::string VerdictEvidence(const Site& site) {
  if (!site.verdict || IsUndecided(site)) return {};
  std::string text;
  for (const std::string& sentence : site.verdict->evidence) text += (text.empty() ? "" : "; ") + sentence;
  return analysis::Printable(text);
}

std::string VerdictClause(const Site& site) {
  if (!site.verdict) return {};
  const std::string evidence = VerdictEvidence(site);
  return site.verdict->name + (evidence.empty() ? "" : ": " + evidence);
}

std::string VerdictNext(const SiteTable& table) {
  for (const Site& site : table.sites) {
    if (!IsUndecided(site)) continue;
    if (table.is_diff)
      return "Inconclusive is what two snapshots cannot tell: mqtrack diagnose, of the process or of four snapshots or "
             "more, can.";
    return site.verdict->next.empty() ? "" : "Inconclusive: " + analysis::Printable(site.verdict->next) + ".";
  }
  return {};
}

nlohmann::ordered_json VerdictJson(const Site& site) {
  if (!site.verdict) return {};
  return {{"name", site.verdict->name}, {"evidence", site.verdict->evidence}, {"next", site.verdict->next}};
}

}  // namespace mqtrack::reports
