#include "cli/targets/verdict_checks.h"

#include <algorithm>
#include <map>
#include <utility>

#include "libtrack/profile/sample_types.h"
#include "libtrack/support/words.h"
#include "libtrack/verdicts/diagnosis.h"
#include "libtrack/verdicts/snapshot_series.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using analysis::GateCheck;
using analysis::GateSite;
using verdicts::SiteVerdict;

bool IsIgnored(const analysis::Site& site, const analysis::GateConfig& config) {
  return std::any_of(config.ignore.begin(), config.ignore.end(), [&](const analysis::NamePattern& pattern) {
    return pattern.Matches(site.function) || pattern.Matches(site.file);
  });
}

GateSite SiteOf(const SiteVerdict& one) {
  const analysis::Site& site = one.history.site;
  GateSite made;
  made.function = site.function;
  made.file = site.file;
  made.module = site.module;
  made.caller = site.caller;
  made.line = site.line;
  made.base_value = site.base_value;
  made.value = site.value;
  made.base_objects = site.base_objects;
  made.objects = site.objects;
  made.verdict = std::string(verdicts::VerdictName(one.judgement.verdict));
  for (std::size_t i = 0; i < one.judgement.evidence.size(); ++i)
    made.verdict += (i == 0 ? ": " : "; ") + one.judgement.evidence[i];
  return made;
}

GateCheck CheckOf(const profile::ValueType& type, bool has_objects, const analysis::GateConfig& config) {
  GateCheck check;
  check.kind = GateCheck::Kind::kVerdict;
  check.value_type = type;
  check.has_objects = has_objects;
  check.verdicts = support::Join(config.fail_on);
  return check;
}

/// Those that were not decided pass, which whoever reads "PASS" has to know.
std::string UndecidedWarning(const std::vector<const SiteVerdict*>& undecided) {
  const SiteVerdict& first = *undecided.front();
  const analysis::Site& site = first.history.site;
  std::string warning = reports::Plural(static_cast<std::int64_t>(undecided.size()), "site") +
                        " could not be judged, and passed: " + site.function;
  const std::string where = reports::Where(site.file, site.line, site.module, site.caller);
  if (!where.empty()) warning += " (" + where + ")";
  if (!first.judgement.evidence.empty()) warning += ": " + first.judgement.evidence.front();
  if (!first.judgement.next.empty()) warning += "; " + first.judgement.next;
  return warning + "; --fail-on inconclusive fails on such";
}

}  // namespace

std::vector<std::string> VerdictNames() {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i)
    names.emplace_back(verdicts::VerdictName(static_cast<verdicts::Verdict>(i)));
  return names;
}

support::Status CheckVerdictNames(const std::vector<std::string>& names, const std::string& option) {
  const std::vector<std::string> known = VerdictNames();
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return support::Error{support::ErrorCode::kBadInput,
                          "is no verdict" + support::DidYouMean(name, known) + "; there are: " + support::Join(known),
                          option + " " + name};
  }
  return {};
}

void AddVerdictChecks(std::vector<profile::Profile> snapshots, bool is_prepared, const analysis::GateConfig& config,
                      const analysis::WrapperList& wrappers, analysis::Suppressions suppressions,
                      const verdicts::Expectations& expectations, analysis::GateResult& result) {
  if (!suppressions.entries.empty()) {
    for (profile::Profile& snapshot : snapshots) snapshot = analysis::WithoutSuppressed(snapshot, suppressions);
  }
  constexpr std::size_t kFewest = 4;  // three stretches between them
  const bool may_be_log = snapshots.size() == 1;
  const support::Result<verdicts::SnapshotSeries> series =
      is_prepared ? verdicts::MakeSeriesOfPrepared(std::move(snapshots)) : verdicts::MakeSeries(std::move(snapshots));
  if (!series || series->profiles.size() < kFewest) {
    result.reasons.push_back(
        may_be_log
            ? "verdicts need four snapshots of one process or more, or one with four generations or more (mqtrack "
              "run --generations 10m)"
            : "verdicts need four snapshots or more of one process, between which something happened");
    result.verdict = analysis::Verdict::kCannotMeasure;
    return;
  }
  const verdicts::Diagnosis diagnosis = verdicts::Diagnose(series->Get(), wrappers, expectations);
  std::map<std::string, GateCheck> failed;
  std::vector<const SiteVerdict*> undecided;
  for (const SiteVerdict& one : diagnosis.sites) {
    const std::string name(verdicts::VerdictName(one.judgement.verdict));
    const bool is_named = std::find(config.fail_on.begin(), config.fail_on.end(), name) != config.fail_on.end();
    if (IsIgnored(one.history.site, config)) continue;
    if (!is_named && one.judgement.verdict == verdicts::Verdict::kInconclusive) undecided.push_back(&one);
    if (!is_named) continue;
    const profile::ValueType& type = one.history.type;
    GateCheck& check = failed.try_emplace(type.type, CheckOf(type, one.history.has_objects, config)).first->second;
    check.passed = false;
    check.sites.push_back(SiteOf(one));
  }
  for (auto& [type, check] : failed) result.checks.push_back(std::move(check));
  const profile::Profile& last = series->profiles.back();
  if (const auto heap = profile::FindSampleType(last, std::string(profile::kInuseSpace)); failed.empty())
    result.checks.push_back(
        CheckOf(heap ? last.sample_types[*heap] : last.sample_types.front(), static_cast<bool>(heap), config));
  if (!undecided.empty()) result.warnings.push_back(UndecidedWarning(undecided));
  if (!failed.empty() && result.verdict == analysis::Verdict::kPass) result.verdict = analysis::Verdict::kFail;
}

}  // namespace mqtrack::cli
