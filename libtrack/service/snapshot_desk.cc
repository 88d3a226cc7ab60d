#include "libtrack/service/snapshot_desk.h"

#include <thread>

#include "libtrack/figures/read_figures.h"
#include "libtrack/snapshot/thread_dump.h"
#include "libtrack/symbolize/name_cache.h"

namespace mqtrack::service {
namespace {

using support::Result;

constexpr std::chrono::seconds kKeptFor{30};

Result<SharedProfile> Share(Result<profile::Profile> profile) {
  if (!profile) return profile.error();
  return std::make_shared<const profile::Profile>(*std::move(profile));
}

}  // namespace

SnapshotDesk::SnapshotDesk(snapshot::Options options, std::chrono::milliseconds interval)
    : options_(std::move(options)), interval_(interval) {
  options_.advance_generation = false;
  options_.tell_of_others = false;
  options_.symbols.known_names = std::make_shared<symbolize::NameCache>();
}

template <typename T, typename Take>
Result<T> SnapshotDesk::Get(Kept<T> Drawer::*kind, const Target& target, Clock::time_point not_before, Take take) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Kept<T>& kept = drawers_[target.process.log_path].*kind;
    if (kept.value && kept.at >= not_before) return *kept.value;
    const Clock::time_point next = kept.at + interval_;
    if (!kept.value || Clock::now() >= next) break;
    lock.unlock();
    std::this_thread::sleep_until(next);
    lock.lock();
  }
  const Clock::time_point begin = Clock::now();
  Result<T> taken = take();
  counts_.taken.fetch_add(1);
  counts_.nanoseconds.fetch_add(static_cast<std::uint64_t>((Clock::now() - begin) / std::chrono::nanoseconds(1)));
  drawers_[target.process.log_path].*kind = {taken, begin};
  return taken;
}

Result<SharedProfile> SnapshotDesk::Heap(const Target& target, Clock::time_point not_before) {
  return Get(&Drawer::heap, target, not_before, [&]() -> Result<SharedProfile> {
    symbolize::ForgetIfTooMany(*options_.symbols.known_names);
    return Share(snapshot::TakeSnapshot(target.process, options_));
  });
}

Result<SharedProfile> SnapshotDesk::Threads(const Target& target, Clock::time_point not_before) {
  return Get(&Drawer::threads, target, not_before, [&]() -> Result<SharedProfile> {
    if (target.process.where.pid == 0 || !target.process.IsAlive()) {
      return support::Error{support::ErrorCode::kNotFound, "the process does not run", target.name};
    }
    return Share(snapshot::DumpThreads(static_cast<pid_t>(target.process.where.pid), options_.symbols));
  });
}

figures::Figures SnapshotDesk::Figures(const Target& target) {
  const figures::ReadOptions options{options_, 0};
  return *Get(&Drawer::figures, target, Recent(),
              [&]() -> Result<figures::Figures> { return figures::ReadProcessFigures(target.process, options); });
}

void SnapshotDesk::Sweep() {
  const std::lock_guard lock(mutex_);
  const Clock::time_point oldest = Clock::now() - kKeptFor;
  const auto forget = [&](auto& kept) {
    if (kept.at < oldest) kept = {};
    return !kept.value;
  };
  for (auto drawer = drawers_.begin(); drawer != drawers_.end();) {
    const bool heap = forget(drawer->second.heap), threads = forget(drawer->second.threads);
    drawer = forget(drawer->second.figures) && heap && threads ? drawers_.erase(drawer) : std::next(drawer);
  }
}

}  // namespace mqtrack::service
