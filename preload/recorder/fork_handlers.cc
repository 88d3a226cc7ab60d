// Fork. The child inherits the heap, so it needs the parent's live set as it was at that moment, in a log of its own.
//
// The child copies the log right after fork, before the service's code goes on in it; the parent waits for that, for a
// bounded time, so that a single-threaded parent (a broker becoming a daemon) cannot change the set while it is being
// copied. Other threads of the parent may: how many events they recorded meanwhile is counted in the child as
// Loss::kForkWindow. No lock is taken. A child made by clone or _Fork, which skip these handlers, is noticed by
// hooks/start.cc and goes quiet, as does one that cannot have a log of its own; a child of vfork or posix_spawn runs in
// the parent's memory until exec, where the parent's log is the right one.
#include "preload/recorder/fork_handlers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "preload/recorder/creation.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/futex.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/thread_state.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {

/// One page for each fork, shared between parent and child.
struct ForkPage {
  std::uint32_t copied;         // 1: the child has its copy, or will never have one
  int errno_before;             // the parent's, before the fork
  std::uint64_t events_before;  // how much had been recorded
};

namespace {

constexpr long kLongestWaitNanos = 200'000'000;
/// A larger log than this is copied without making the parent wait: 16 MiB are 400,000 blocks, and a few milliseconds.
constexpr std::uint64_t kWaitForCopiesUpTo = std::uint64_t{16} << 20;

}  // namespace

void ForkHandlers::Before() const {
  thread_state.fork_page = nullptr;
  if (!recorder_.recording() || recorder_.sandboxed()) return;
  const int saved = errno;
  void* memory = MapMemory(nullptr, sizeof(ForkPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  errno = saved;
  if (memory == MAP_FAILED) return;
  thread_state.fork_page = static_cast<ForkPage*>(memory);
  *thread_state.fork_page = {0, saved, recorder_.live().CountEvents()};
  recorder_.log().SayWhereChildrenAre();
  errno = 0;  // AfterInParent tells a fork that failed by what it leaves here
}

void ForkHandlers::AfterInParent() const {
  ForkPage* page = thread_state.fork_page;
  if (page == nullptr) return;
  thread_state.fork_page = nullptr;
  const int failure = errno;
  if (failure == 0 && recorder_.header().reserved_bytes <= kWaitForCopiesUpTo && LoadAcquire(page->copied) == 0) {
    FutexWait(page->copied, 0, kLongestWaitNanos);
  }
  const int before = page->errno_before;
  UnmapMemory(page, sizeof(ForkPage));
  errno = failure != 0 ? failure : before;
}

void ForkHandlers::AfterInChild() const {
  const bool is_protected = recorder_.log().Protect();
  ForkPage* page = thread_state.fork_page;
  thread_state.fork_page = nullptr;
  if (page == nullptr) return recorder_.LeaveLog();
  thread_state.name_age = 0;
  thread_state.in_packet = InPacket::kNo;  // its label set may not be in the copy
  call_paths.RepairAfterFork();
  StackChange::RepairAfterFork();
  code_owners.RepairAfterFork();
  const std::uint32_t parent = is_protected ? recorder_.header().pid : 0;
  if (recorder_.recording() && is_protected && recorder_.TakeOwnLog(page->events_before)) {
    log::Header& header = recorder_.header();
    header.parent_pid = parent;
    header.origin = static_cast<std::uint32_t>(log::Origin::kFork);
    StoreRelease(header.state, static_cast<std::uint32_t>(log::State::kRecording));
  } else {
    recorder_.LeaveLog();
  }
  StoreRelease(page->copied, 1u);
  FutexWake(page->copied);
  const int before = page->errno_before;
  UnmapMemory(page, sizeof(ForkPage));
  errno = before;
}

}  // namespace mqtrack::recorder
