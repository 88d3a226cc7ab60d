// Fork. The child inherits the heap, so its log should have the parent's live set as it was at that moment.
//
// Up to a size, the child copies the log right after fork, before the service's code goes on in it; the parent waits
// for that, for a bounded time, so that a single-threaded parent cannot change the set while it is being copied. Other
// threads of the parent may: how many events they recorded meanwhile is counted in the child as Loss::kForkWindow.
//
// A larger log is not copied, since services fork to execute scripts, to save what they have, and to have workers, and
// neither they nor their children should wait for that. Such a child has no log at first, and its parent's is
// unwritable in it. One that only executes something or exits never gets one. At the first thing that is worth
// recording the child makes a log, which has one entry for all the heap it has inherited. Daemons are the exception:
// their parent ends at once, having changed nothing, so its log is still what the child has inherited, and is copied.
// What the parent does it tells on a page that both share: its next event, or its end.
//
// No lock is taken. A child made by clone or _Fork, which skip these handlers, is noticed by hooks/start.cc and goes
// quiet, as does one that cannot have a log of its own; a child of vfork or posix_spawn runs in the parent's memory
// until exec, where the parent's log is the right one.
#include "preload/recorder/fork_handlers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/creation.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/futex.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/sync/shared_count.h"
#include "preload/recorder/thread_state.h"
#include "preload/recorder/unwinding/code_ranges.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

/// What the parent has done since the fork.
enum News : std::uint32_t { kNothing = 0, kEnded = 1, kChanged = 2 };

}  // namespace

/// One page for each fork, shared between parent and child.
struct ForkPage {
  std::uint32_t is_late;  // 1: the child takes its log later
  // Of a child that copies at once:
  std::uint32_t copied;         // 1: it has its copy, or will never have one
  std::uint32_t others;         // 1: the parent has other threads, which go on
  std::uint64_t events_before;  // how much had been recorded
  // Of one that takes its log later, and of its children:
  std::uint32_t news;  // News
};

namespace {

constexpr std::int64_t kLongestWaitNanos = 200'000'000;
/// What is copied at once: about 25,000 blocks, and a millisecond.
constexpr std::uint64_t kCopiedAtOnce = std::uint64_t{2} << 20;
/// How long a child that takes its log waits for a parent of which nothing has been heard.
constexpr std::int64_t kLongestWaitForNews = 20'000'000;

/// In a parent that is watched, and in a child without a log, the page between them.
constinit ForkPage* late_page = nullptr;
/// In a child without a log: its pid.
constinit pid_t late_child = 0;

void Drop(ForkPage* page) { UnmapMemory(page, sizeof(ForkPage)); }

}  // namespace

bool ForkHandlers::Before() const {
  thread_state.fork_page = nullptr;
  if (!recorder_.recording() || recorder_.sandboxed()) return false;
  const int saved = errno;
  const bool is_late = recorder_.header().reserved_bytes > kCopiedAtOnce && recorder_.log().MayHaveChildren();
  if (late_page != nullptr && LoadRelaxed(late_page->news) != kNothing) TellChange();
  void* memory = is_late ? late_page : nullptr;  // nothing has happened since the last fork: one page serves both
  if (memory == nullptr)
    memory = MapMemory(nullptr, sizeof(ForkPage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS);
  errno = saved;
  if (memory == MAP_FAILED) return false;
  auto* page = static_cast<ForkPage*>(memory);
  thread_state.fork_page = page;
  thread_state.fork_errno = saved;
  recorder_.log().SayWhereChildrenAre();
  if (is_late) {
    page->is_late = 1;
    // Other threads change the log all the time, and are not watched.
    if (IsOnlyThread())
      late_page = page;
    else
      page->news = kChanged;
  } else {
    page->others = IsOnlyThread() ? 0 : 1;
    page->events_before = recorder_.live().CountEvents();
  }
  errno = 0;  // AfterInParent tells a fork that failed by what it leaves here
  return is_late && late_page == page;
}

void ForkHandlers::AfterInParent() const {
  ForkPage* page = thread_state.fork_page;
  if (page == nullptr) return;
  thread_state.fork_page = nullptr;
  const int failure = errno;
  if (page->is_late == 0 && failure == 0 && LoadAcquire(page->copied) == 0)
    FutexWait(page->copied, 0, kLongestWaitNanos);
  if (page != late_page) Drop(page);
  errno = failure != 0 ? failure : thread_state.fork_errno;
}

ForkedLog ForkHandlers::AfterInChild(bool interrupts) const {
  recorder_.EndTrace();
  const bool is_protected = recorder_.log().Protect();
  ForkPage* page = thread_state.fork_page;
  thread_state.fork_page = nullptr;
  thread_state.name_age = 0;
  thread_state.kernel_thread = 0;
  thread_state.in_packet = InPacket::kNo;  // its label set may not be in the copy
  call_paths.RepairAfterFork();
  StackChange::RepairAfterFork();
  code_owners.RepairAfterFork();
  RepairCodeRangesAfterFork();
  const bool is_of_late = page == nullptr && late_child != 0;  // a child of one that has no log yet
  if (is_protected && !interrupts && (is_of_late || (page != nullptr && page->is_late != 0))) {
    if (!is_of_late) late_page = page;
    late_child = ::getpid();
    recorder_.Pause();
    if (page != nullptr) errno = thread_state.fork_errno;
    return ForkedLog::kLater;
  }
  late_page = nullptr;
  late_child = 0;
  ForkedLog log = ForkedLog::kNone;
  if (page != nullptr && page->is_late == 0 && is_protected && recorder_.recording()) {
    const std::uint32_t parent = recorder_.header().pid;
    if (recorder_.TakeOwnLog(page->events_before, page->others != 0)) {
      BeginCopy(parent);
      log = ForkedLog::kCopy;
    }
  }
  if (log == ForkedLog::kNone) recorder_.LeaveLog();
  if (page == nullptr) return log;
  StoreRelease(page->copied, 1u);
  FutexWake(page->copied);
  Drop(page);
  errno = thread_state.fork_errno;
  return log;
}

void ForkHandlers::BeginCopy(std::uint32_t parent) const {
  log::Header& header = recorder_.header();
  header.parent_pid = parent;
  header.origin = static_cast<std::uint32_t>(log::Origin::kFork);
  recorder_.MarkInherited();
  StoreRelease(header.state, static_cast<std::uint32_t>(log::State::kRecording));
}

void ForkHandlers::TellChange() const {
  const ErrnoKeeper keep_errno;
  ForkPage* page = late_page;
  if (page == nullptr) return;
  late_page = nullptr;
  StoreRelease(page->news, std::uint32_t{kChanged});
  FutexWake(page->news);
  Drop(page);
}

void ForkHandlers::TellEnd() const {
  const ErrnoKeeper keep_errno;
  if (late_page == nullptr || !Swap(late_page->news, std::uint32_t{kNothing}, std::uint32_t{kEnded})) return;
  FutexWake(late_page->news);
}

bool ForkHandlers::IsLateChild() const { return late_child == ::getpid(); }

ForkedLog ForkHandlers::TakeLate() const {
  ForkPage* page = late_page;
  late_page = nullptr;
  late_child = 0;
  const std::uint32_t parent = recorder_.header().pid;
  if (LoadAcquire(page->news) == kNothing) FutexWait(page->news, kNothing, kLongestWaitForNews);
  // The parent may still free things while it exits: then the copy is of no use.
  const bool is_copy = LoadAcquire(page->news) == kEnded && recorder_.TakeOwnLog(Recorder::kNothingHappened, false) &&
                       LoadAcquire(page->news) == kEnded;
  Drop(page);
  if (is_copy) {
    BeginCopy(parent);
    recorder_.GoOn();
    return ForkedLog::kCopy;
  }
  if (StartNew(parent)) return ForkedLog::kNew;
  recorder_.LeaveLog();
  return ForkedLog::kNone;
}

bool ForkHandlers::StartNew(std::uint32_t parent) const {
  LogSettings settings = recorder_.log().settings();
  settings.origin = log::Origin::kFork;
  const char* why = nullptr;
  if (!recorder_.StartAgain(settings, why)) {
    // Privileges may have been dropped since the parent chose its directory.
    std::strcpy(settings.directory, log::kDefaultLogDirPrefix);
    FormatDecimal(::geteuid(), settings.directory + std::strlen(settings.directory));
    if (!recorder_.StartAgain(settings, why)) return false;
  }
  recorder_.header().parent_pid = parent;
  recorder_.UseFullStacks();
  return true;
}

}  // namespace mqtrack::recorder
