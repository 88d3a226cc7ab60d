#include "libtrack/heapgraph/capture/room_watch.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/units.h"

namespace mqtrack::heapgraph {
namespace {

// A service that writes to 1 GiB a second writes 20 MiB meanwhile.
constexpr std::chrono::milliseconds kBetweenLooks{20};

}  // namespace

RoomWatch::RoomWatch(pid_t copy, std::int64_t least_bytes, Limits limits, std::string name)
    : copy_(copy), least_bytes_(least_bytes), limits_(std::move(limits)), name_(std::move(name)), thread_([this] {
        Watch();
      }) {}

RoomWatch::~RoomWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

support::Status RoomWatch::Check() const {
  const std::lock_guard lock(mutex_);
  if (!status_) return status_;
  const std::optional<procfs::ProcStatus> copy = procfs::ReadProcStatus(copy_);
  if (copy && copy->state != 'Z') return {};
  return support::Error{
      support::ErrorCode::kCannotMeasure,
      "while a copy of it was looked at, somebody ended the copy, most likely the kernel, since memory "
      "ran out; the service goes on. Give it more memory, or say --force",
      name_};
}

void RoomWatch::Watch() {
  std::unique_lock lock(mutex_);
  while (!is_over_ && status_.ok()) {
    lock.unlock();
    const std::vector<MemoryLimit> limits = limits_();
    lock.lock();
    const auto scarce = std::find_if(limits.begin(), limits.end(),
                                     [&](const MemoryLimit& limit) { return limit.left_bytes < least_bytes_; });
    if (scarce != limits.end() && !is_over_) {
      ::kill(copy_, SIGKILL);
      status_ = support::Error{support::ErrorCode::kCannotMeasure,
                               "while a copy of it was looked at, memory ran short: " + scarce->name + " has " +
                                   support::FormatBytes(std::max<std::int64_t>(scarce->left_bytes, 0)) +
                                   " left, so the copy was ended and the service goes on. Give it more memory, or say "
                                   "--force",
                               name_};
      return;
    }
    wake_.wait_for(lock, kBetweenLooks, [this] { return is_over_; });
  }
}

}  // namespace mqtrack::heapgraph
