#include "libtrack/history/series_verdicts.h"

#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/figures/profile_figures.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/verdicts/snapshot_series.h"

namespace mqtrack::history {
namespace {

constexpr std::size_t kSites = 10;
constexpr double kNanosPerSecond = 1e9, kSecondsPerHour = 3600;

/// Seconds from the first to the last snapshot.
double Window(const verdicts::Diagnosis& diagnosis) {
  if (diagnosis.sides.size() < 2) return 0;
  return static_cast<double>(diagnosis.sides.back().time_nanos - diagnosis.sides.front().time_nanos) / kNanosPerSecond;
}

void AddGrowth(const verdicts::Diagnosis& diagnosis, double window, figures::Figures& figures) {
  for (const verdicts::ResourceHistory& resource : diagnosis.resources) {
    if (resource.totals.size() < 2) continue;
    const auto growth = static_cast<double>(resource.totals.back() - resource.totals.front());
    figures.Add("mqtrack_growth_per_hour", growth / window * kSecondsPerHour, {{"type", resource.type.type}});
  }
  figures.Add("mqtrack_growth_window_seconds", window);
  const analysis::Memory &first = diagnosis.sides.front().memory, &last = diagnosis.sides.back().memory;
  if (first.resident >= 0 && last.resident > first.resident && last.room >= 0) {
    const double a_second = static_cast<double>(last.resident - first.resident) / window;
    figures.Add("mqtrack_memory_room_seconds", static_cast<double>(last.room) / a_second);
  }
}

void AddVerdicts(const verdicts::Diagnosis& diagnosis, figures::Figures& figures) {
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i) {
    const auto verdict = static_cast<verdicts::Verdict>(i);
    std::int64_t bytes = 0;
    for (const verdicts::SiteVerdict& site : diagnosis.sites) {
      const bool is_live_bytes = site.history.type.type == profile::kInuseSpace;
      if (is_live_bytes && site.judgement.verdict == verdict) bytes += site.history.site.growth();
    }
    const figures::Labels labels = {{"verdict", std::string(verdicts::VerdictName(verdict))}};
    figures.Add("mqtrack_verdict_sites", static_cast<double>(diagnosis.Count(verdict)), labels);
    figures.Add("mqtrack_verdict_growth_bytes", static_cast<double>(bytes), labels);
  }
}

/// Of the newest snapshot the sites, and if it is a series what that says.
void AddFigures(const analysis::WrapperList& wrappers, Judged& judged) {
  const double window = Window(judged.diagnosis);
  if (judged.problem.empty() && window > 0) {
    AddGrowth(judged.diagnosis, window, judged.figures);
    AddVerdicts(judged.diagnosis, judged.figures);
  }
  figures::AddSiteFigures(judged.profiles.back(), wrappers, kSites, judged.figures);
}

}  // namespace

std::shared_ptr<const Judged> JudgeSeries(std::vector<profile::Profile> profiles) {
  auto judged = std::make_shared<Judged>();
  judged->profiles = std::move(profiles);
  analysis::PrepareSeries(judged->profiles);
  std::vector<const profile::Profile*> all;
  for (const profile::Profile& profile : judged->profiles) all.push_back(&profile);
  const verdicts::Series series = verdicts::SeriesOf(std::move(all));
  judged->problem = analysis::WhyNoSeries(series.profiles);
  auto wrappers = analysis::WrapperList::Load();
  if (!wrappers) return judged;
  if (judged->problem.empty()) {
    wrappers->Add(analysis::FindAllocationLayers(series.profiles, *wrappers));
    judged->diagnosis = verdicts::Diagnose(series, *wrappers);
  }
  AddFigures(*wrappers, *judged);
  return judged;
}

}  // namespace mqtrack::history
