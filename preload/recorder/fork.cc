// Fork. The child inherits the heap, so it needs the parent's live set as it was at that moment, in a log of its own.
//
// The child copies the log right after fork, before the service's code goes on in it; the parent waits for that, for a
// bounded time, so that a single-threaded parent (a broker becoming a daemon) cannot change the set while it is being copied.
// Other threads of the parent may: how many events they recorded meanwhile is counted in the child as Loss::kForkWindow.
// No lock is taken. A child made by clone or _Fork, which skip these handlers, is noticed by hooks/start.cc and goes quiet;
// a child of vfork or posix_spawn runs in the parent's memory until exec, where the parent's log is the right one.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "preload/recorder/atomic_field.h"
#include "preload/recorder/recorder.h"

namespace mqtrack::recorder {
namespace {

constexpr long kLongestWaitNanos = 200'000'000;
/// A larger log than this is copied without making the parent wait: 16 MiB are 400,000 blocks, and a few milliseconds.
constexpr std::uint64_t kWaitForCopiesUpTo = std::uint64_t{16} << 20;

/// Shared between parent and child: how many copies are done.
struct Rendezvous {
  std::uint32_t copies_done;
};
Rendezvous* rendezvous = nullptr;
std::uint32_t copies_before = 0;
std::uint64_t events_before = 0;

bool HaveRendezvous() {
  if (rendezvous != nullptr) return true;
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  rendezvous = static_cast<Rendezvous*>(page);
  return true;
}

void FutexWait(std::uint32_t& word, std::uint32_t value, long nanos) {
  const timespec timeout{nanos / 1'000'000'000, nanos % 1'000'000'000};
  ::syscall(SYS_futex, &word, FUTEX_WAIT, value, &timeout, nullptr, 0);
}
void FutexWake(std::uint32_t& word) { ::syscall(SYS_futex, &word, FUTEX_WAKE, 0x7fffffff, nullptr, nullptr, 0); }

}  // namespace

void Recorder::BeforeFork() {
  if (!recording_) return;
  const int saved = errno;
  if (HaveRendezvous()) copies_before = LoadAcquire(rendezvous->copies_done);
  events_before = CountEvents();
  errno = saved;
}

void Recorder::AfterForkInParent() {
  if (!recording_ || rendezvous == nullptr || log_.header().reserved_bytes > kWaitForCopiesUpTo) return;
  const int saved = errno;
  if (LoadAcquire(rendezvous->copies_done) == copies_before) {
    FutexWait(rendezvous->copies_done, copies_before, kLongestWaitNanos);
  }
  errno = saved;
}

void Recorder::AfterForkInChild() {
  if (!recording_) return;
  const int saved = errno;
  const char* why = nullptr;
  if (log_.Replace(why)) {
    const std::uint64_t events_during = CountEvents() - events_before;
    (void)live_.RepairAfterFork();
    stacks_.RepairAfterFork();
    modules_.RepairAfterFork();
    log::Header& header = log_.header();
    // Losses are kept: what the parent did not know of its heap, the child does not know either.
    if (events_during != 0) CountLoss(log::Loss::kForkWindow, events_during);
    thread_state.name_age = 0;
    StoreRelease(header.state, static_cast<std::uint32_t>(log::State::kRecording));
  } else {
    recording_ = false;
  }
  if (rendezvous != nullptr) {
    AddAcqRel(rendezvous->copies_done, 1u);
    FutexWake(rendezvous->copies_done);
  }
  errno = saved;
}

}  // namespace mqtrack::recorder
