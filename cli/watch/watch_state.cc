#include "cli/watch/watch_state.h"

namespace mqtrack::cli {

const WatchedProcess* WatchState::Open() const {
  if (shown == nullptr || shown->processes.empty()) return nullptr;
  for (const WatchedProcess& process : shown->processes) {
    if (process.id == open_id) return &process;
  }
  return single && open_id.empty() ? &shown->processes.front() : nullptr;
}

std::string WatchState::SampleType(const WatchedProcess& process) const {
  if (process.resources.empty()) return {};
  return process.resources[type % process.resources.size()].type.type;
}

std::shared_ptr<const profile::Profile> WatchState::Base(const WatchedProcess& process) const {
  const auto mark = marks.find(process.id);
  if (since_mark && mark != marks.end()) return mark->second.profile;
  return process.first;
}

}  // namespace mqtrack::cli
