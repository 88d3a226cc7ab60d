#include "cli/watch/watch_collector.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/unix_time.h"
#include "libtrack/symbolize/name_cache.h"
#include "libtrack/verdicts/diagnosis.h"
#include "libtrack/verdicts/survivors.h"

namespace mqtrack::cli {
namespace {

using support::Result;

/// Adds a point; of many, every second one of all but the first and the newest goes.
void AddPoint(WatchedResource& resource, std::int64_t time_ns, std::int64_t total) {
  constexpr std::size_t kMostPoints = 240;
  resource.points.push_back({time_ns, total});
  if (resource.points.size() <= kMostPoints) return;
  std::vector<WatchedResource::Point> kept;
  for (std::size_t i = 0; i < resource.points.size(); ++i) {
    if (i % 2 == 0 || i + 1 == resource.points.size()) kept.push_back(resource.points[i]);
  }
  resource.points = std::move(kept);
}

void UpdateResources(const profile::Profile& profile, std::int64_t now_ns, std::vector<WatchedResource>& resources) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    const profile::ValueType& type = profile.sample_types[i];
    if (!profile::SampleKindOf(type.type).tells_growth && type.type != profile::kGoroutine) continue;
    const auto known = std::find_if(resources.begin(), resources.end(),
                                    [&](const WatchedResource& resource) { return resource.type == type; });
    WatchedResource& resource = known != resources.end() ? *known : resources.emplace_back(WatchedResource{type, {}});
    AddPoint(resource, now_ns, profile::Total(profile, i));
  }
  // As files list them, what is asked for most stands last.
  std::stable_partition(resources.begin(), resources.end(), [](const WatchedResource& resource) {
    return profile::IsSameType(resource.type.type, profile::kInuseSpace);
  });
}

}  // namespace

WatchCollector::WatchCollector(std::vector<std::string> targets, snapshot::Options options,
                               analysis::WrapperList wrappers)
    : all_(targets.empty()), options_(std::move(options)), wrappers_(std::move(wrappers)) {
  options_.advance_generation = false;
  options_.tell_of_others = false;  // each has a row of its own
  options_.symbols.known_names = std::make_shared<symbolize::NameCache>();
  for (std::string& target : targets) {
    (snapshot::IsFileOrUrl(target) ? others_ : names_).push_back(std::move(target));
  }
}

WatchRound WatchCollector::Look() {
  const auto begin = std::chrono::steady_clock::now();
  WatchRound round;
  round.time_ns = support::UnixNanosNow();
  symbolize::ForgetIfTooMany(*options_.symbols.known_names);
  for (auto& [id, kept] : kept_) kept.seen = false;
  if (all_ || !names_.empty()) LookAtLogs(round);
  for (const std::string& target : others_) LookAtOther(target, round.time_ns);
  for (auto& [id, kept] : kept_) {
    if (!kept.seen) {
      kept.process.is_current = false;
      kept.process.state = kLogRemoved;
      kept.process.error = "its log was removed; these are the last figures";
    }
    round.processes.push_back(kept.process);
  }
  // What is gone has been told of now; processes that come and go would fill the memory.
  std::erase_if(kept_, [](const auto& row) { return !row.second.seen; });
  std::stable_sort(round.processes.begin(), round.processes.end(), [](const auto& a, const auto& b) {
    const bool a_runs = a.state == "alive" || a.pid == 0, b_runs = b.state == "alive" || b.pid == 0;
    return a_runs != b_runs ? a_runs : a.name != b.name ? a.name < b.name : a.pid < b.pid;
  });
  round.cost_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin).count();
  return round;
}

bool WatchCollector::IsWanted(const process::RecordedProcess& process) const {
  return all_ || std::any_of(names_.begin(), names_.end(),
                             [&](const std::string& name) { return process::IsMeantBy(process, name); });
}

void WatchCollector::LookAtLogs(WatchRound& round) {
  const Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(options_.log_dir);
  if (!recorded) {
    round.problem = recorded.error().ToString();
    for (auto& [id, kept] : kept_) kept.seen = true;
    return;
  }
  const bool any_alive = std::any_of(recorded->begin(), recorded->end(), [&](const process::RecordedProcess& process) {
    return process::MayBeRecording(process) && IsWanted(process);
  });
  for (const process::RecordedProcess& process : *recorded) {
    if (!IsWanted(process)) continue;
    const bool records = process.error.empty() && process::MayBeRecording(process);
    const auto known = kept_.find(process.log_path);
    // One that was gone before the watch began is looked at only if it was asked for and none runs.
    if (known == kept_.end() && !records && (all_ || any_alive)) continue;
    Kept& kept = kept_[process.log_path];
    kept.seen = true;
    kept.process.id = process.log_path;
    kept.process.target = process.log_path;
    if (!process.error.empty()) {
      kept.process.is_current = false;
      kept.process.error = process.error;
      if (kept.process.name.empty()) kept.process.name = std::string(support::BaseName(process.log_path));
      kept.process.state = "unreadable";
      continue;
    }
    kept.process.name = process.facts.comm;
    kept.process.pid = process.Pid();
    kept.process.state = process::StateName(process::StateOf(process));
    const bool is_final = !records && !kept.was_alive && kept.process.newest != nullptr;
    kept.was_alive = records;
    if (is_final) continue;  // nothing changes any more
    Update(kept, snapshot::TakeSnapshot(process, options_), round.time_ns);
  }
}

void WatchCollector::LookAtOther(const std::string& target, std::int64_t now_ns) {
  Kept& kept = kept_[target];
  kept.seen = true;
  kept.process.id = target;
  kept.process.target = target;
  const snapshot::TargetState state = snapshot::StateOfTarget(target, options_);
  const bool is_saved = state == snapshot::TargetState::kSaved;
  if (is_saved && kept.process.newest != nullptr) return;
  if (kept.process.name.empty()) kept.process.name = target;
  Update(kept, snapshot::LoadTarget(target, options_), now_ns);
  kept.process.state = !kept.process.is_current                   ? "no answer"
                       : is_saved                                 ? "saved"
                       : state == snapshot::TargetState::kRunning ? "alive"
                                                                  : "ended";
  if (kept.process.newest != nullptr && !kept.process.side.program.empty()) {
    kept.process.name = kept.process.side.program;
  }
}

void WatchCollector::Update(Kept& kept, Result<profile::Profile> profile, std::int64_t now_ns) {
  WatchedProcess& process = kept.process;
  if (!profile) {
    process.is_current = false;
    process.error = profile.error().ToString();
    return;
  }
  process.is_current = true;
  process.error.clear();
  analysis::Side side = analysis::DescribeSide(*profile);
  // Another program in the same process, or a service that began anew behind its URL: what was before is no base.
  if (process.newest != nullptr && !analysis::WhyNotComparable(process.side, side).empty()) {
    process.first = nullptr;
    process.resources.clear();
  }
  process.side = std::move(side);
  process.newest = std::make_shared<const profile::Profile>(std::move(profile).value());
  if (process.first == nullptr) process.first = process.newest;
  UpdateResources(*process.newest, now_ns, process.resources);
  Judge(process);
}

void WatchCollector::Judge(WatchedProcess& process) const {
  process.verdicts.reset();
  const std::optional<std::vector<profile::Profile>> split = verdicts::SplitByGenerations(*process.newest);
  if (!split) return;
  verdicts::Series series;
  series.is_of_survivors = true;
  for (const profile::Profile& profile : *split) {
    series.profiles.push_back(&profile);
    series.sides.push_back(analysis::DescribeSide(profile));
  }
  if (!analysis::WhyNoSeries(series.profiles).empty()) return;
  analysis::WrapperList wrappers = wrappers_;
  wrappers.Add(analysis::FindAllocationLayers(series.profiles, wrappers));
  const verdicts::Diagnosis diagnosis = verdicts::Diagnose(series, wrappers);
  WatchedVerdicts& found = process.verdicts.emplace();
  for (const verdicts::SiteVerdict& site : diagnosis.sites) {
    ++found.counts[static_cast<std::size_t>(site.judgement.verdict)];
    found.of.try_emplace({site.history.type.type, site.history.site.function}, site.judgement.verdict);
  }
}

}  // namespace mqtrack::cli
