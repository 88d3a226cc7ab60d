#include "libtrack/figures/read_figures.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/figures/process_figures.h"
#include "libtrack/figures/profile_figures.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/fetch.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::figures {
namespace {

using support::Result;

constexpr std::string_view kHeapPath = "/debug/pprof/heap";

snapshot::Options ForFigures(const ReadOptions& options) {
  snapshot::Options loading = options.loading;
  loading.advance_generation = false;
  loading.symbolize = options.sites != 0;
  loading.tell_of_others = false;
  loading.walk_pages = false;
  return loading;
}

void AddProfile(const profile::Profile& profile, const ReadOptions& options, Figures& figures) {
  AddProfileFigures(profile, figures);
  if (options.sites == 0) return;
  const Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load();
  if (wrappers) AddSiteFigures(profile, *wrappers, options.sites, figures);
}

/// A Go service's goroutines stand in a profile of their own.
void AddGoroutines(const std::string& url, const snapshot::Options& loading, Figures& figures) {
  std::string other = snapshot::ProfileUrl(url);
  const std::size_t at = other.find(kHeapPath);
  if (at == std::string::npos) return;
  other = other.substr(0, at) + "/debug/pprof/" + std::string(profile::kGoroutine);
  const Result<profile::Profile> profile = snapshot::LoadTarget(other, loading);
  if (profile) AddProfileFigures(*profile, figures);
}

/// "127.0.0.1:6060" of a URL, the base name of a file.
std::string NameOfTarget(const std::string& target) {
  if (!snapshot::IsUrl(target)) return std::string(support::BaseName(target));
  const std::size_t from = target.find("//") + 2;
  const std::size_t at = target.find('@', from), end = target.find_first_of("/?#", from);
  const std::size_t start = at < end ? at + 1 : from;  // no secret becomes a label
  return target.substr(start, end == std::string::npos ? end : end - start);
}

}  // namespace

Figures ReadProcessFigures(const process::RecordedProcess& process, const ReadOptions& options) {
  Figures figures;
  const Result<profile::Profile> profile = snapshot::TakeSnapshot(process, ForFigures(options));
  if (!profile) {
    figures.Add("mqtrack_up", 0);
    if (process.where.pid != 0) AddUsageFigures(process.where.pid, figures);
    return figures;
  }
  AddProcessFigures(process, figures);
  AddProfile(*profile, options, figures);
  return figures;
}

Result<TargetFigures> ReadFigures(const std::string& target, const ReadOptions& options) {
  const snapshot::Options loading = ForFigures(options);
  if (!snapshot::IsFileOrUrl(target)) {
    const Result<process::RecordedProcess> process = process::FindRecorded(target, options.loading.log_dir);
    if (!process) return process.error();
    if (!process->error.empty()) {
      return support::Error{support::ErrorCode::kBadInput, process->error, process->log_path};
    }
    return TargetFigures{process->facts.comm, ReadProcessFigures(*process, options)};
  }
  const Result<profile::Profile> profile = snapshot::LoadTarget(target, loading);
  if (!profile) return profile.error();
  TargetFigures read{NameOfTarget(target), {}};
  if (snapshot::IsUrl(target)) read.figures.Add("mqtrack_up", 1);
  if (const auto name = profile::FindFact(*profile, "target")) read.process = name->substr(0, name->rfind(" (pid "));
  AddProfile(*profile, options, read.figures);
  if (snapshot::IsUrl(target)) AddGoroutines(target, loading, read.figures);
  return read;
}

std::vector<std::string> NameProcesses(const std::vector<process::RecordedProcess>& processes) {
  std::vector<std::size_t> oldest_first(processes.size());
  std::iota(oldest_first.begin(), oldest_first.end(), std::size_t{0});
  std::stable_sort(oldest_first.begin(), oldest_first.end(), [&](std::size_t a, std::size_t b) {
    return processes[a].facts.start_ticks < processes[b].facts.start_ticks;
  });
  std::vector<std::string> names(processes.size());
  std::map<std::string, int> taken;
  for (const std::size_t i : oldest_first) {
    const std::string& name = processes[i].facts.comm;
    names[i] = taken[name]++ == 0 ? name : name + "-" + std::to_string(processes[i].Pid());
  }
  return names;
}

}  // namespace mqtrack::figures
