#include "libtrack/verdicts/row_verdicts.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "libtrack/analysis/comparable.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"
#include "libtrack/verdicts/diagnosis.h"
#include "libtrack/verdicts/snapshot_series.h"
#include "libtrack/verdicts/survivors.h"

namespace mqtrack::verdicts {
namespace {

using analysis::Site;
using RowKey = std::tuple<std::string, std::string, std::string>;  // sample type, function, base name of the file

RowKey KeyOf(const std::string& type, const Site& site) {
  return {type, site.function, std::string(support::BaseName(site.file))};
}

/// Histories are of values; what counts these is judged with them.
std::string ValueTypeOf(const analysis::SiteTable& table) {
  return table.value_type.type == profile::kInuseObjects ? std::string(profile::kInuseSpace) : table.value_type.type;
}

std::optional<Diagnosis> DiagnoseTable(const profile::Profile* base, const profile::Profile& newer,
                                       const analysis::WrapperList& wrappers, const Expectations& expectations) {
  if (base != nullptr) {
    const Series series = SeriesOf({base, &newer});
    const analysis::Side &before = series.sides.front(), &now = series.sides.back();
    if (!analysis::AreOfOneRecording(before, now) || before.time_nanos > now.time_nanos) return std::nullopt;
    return Diagnose(series, wrappers, expectations);
  }
  const std::optional<std::vector<profile::Profile>> split = SplitByGenerations(newer);
  if (!split) return std::nullopt;
  std::vector<const profile::Profile*> profiles;
  for (const profile::Profile& profile : *split) profiles.push_back(&profile);
  Series series = SeriesOf(profiles);
  series.is_of_survivors = true;
  return Diagnose(series, wrappers, expectations);
}

/// What shrank is last as ever, and a row without a verdict is one that nothing is known of.
int RankOf(const Site& site) {
  if (site.growth() <= 0) return static_cast<int>(kVerdicts);
  for (std::size_t i = 0; site.verdict && i < kVerdicts; ++i) {
    if (site.verdict->name == VerdictName(static_cast<Verdict>(i))) return static_cast<int>(i);
  }
  return static_cast<int>(Verdict::kInconclusive);
}

}  // namespace

void JudgeRows(const profile::Profile* base, const profile::Profile& newer, const analysis::WrapperList& wrappers,
               const Expectations& expectations, analysis::SiteTable& table) {
  if (table.granularity != analysis::Granularity::kFunction || table.holds_changes) return;
  const std::optional<Diagnosis> diagnosis = DiagnoseTable(base, newer, wrappers, expectations);
  if (!diagnosis) return;
  std::map<RowKey, const Judgement*> judgements;
  for (const SiteVerdict& one : diagnosis->sites)
    judgements.try_emplace(KeyOf(one.history.type.type, one.history.site), &one.judgement);
  const auto judge = [&](const std::string& type, Site& site) {
    const auto found = judgements.find(KeyOf(type, site));
    if (found == judgements.end() || (base != nullptr && site.growth() <= 0)) return;
    const Judgement& judgement = *found->second;
    site.verdict = {std::string(VerdictName(judgement.verdict)), judgement.evidence, judgement.next};
  };
  for (Site& site : table.sites) judge(ValueTypeOf(table), site);
  for (analysis::OtherGrowth& other : table.also_grew) judge(other.value_type.type, other.most);
  if (base == nullptr) return;
  std::stable_sort(table.sites.begin(), table.sites.end(),
                   [](const Site& a, const Site& b) { return RankOf(a) < RankOf(b); });
}

}  // namespace mqtrack::verdicts
