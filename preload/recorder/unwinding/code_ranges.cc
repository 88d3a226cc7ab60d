#include "preload/recorder/unwinding/code_ranges.h"

#include <cstring>
#include <ctime>

#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/signals_held.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kMostRanges = 1024;
constexpr std::uintptr_t kRoomToLook = 2048;                                         // of the stack
constexpr std::uint64_t kShortestPause = 10'000'000, kLongestPause = 1'000'000'000;  // nanoseconds
constexpr std::uint64_t kShareOfTime = 50;

/// Ranges in order, of which none touch.
struct CodeList {
  std::uint64_t changes;  // how many had ended when it was begun, at least
  std::uint32_t count;
  std::uint32_t is_partial;  // 1: there were more
  std::uint64_t start[kMostRanges], end[kMostRanges];
};

/// A change of code that has ended. `number` is written last.
struct Change {
  std::uint64_t number, low, high;
};
constexpr std::uint64_t kChanges = 64;
constinit Change changes[kChanges] = {};  // the last ones; change n at n % kChanges

/// The list in use is lists[looks % 2], while the other one is made: who finds the same number of looks after a search
/// as before it has searched a list that nobody wrote to.
constinit CodeList lists[2] = {};
std::uint64_t looks = 0;
std::uint64_t changed = 0;    // changes that have ended, or are just being noted
std::uint64_t under_way = 0;  // changes that have not been noted yet
std::uint32_t looking = 0;    // 1: a thread makes the next list
std::uint64_t last_look_ns = 0, pause_ns = 0;
std::uint32_t forgone = 0;

void AddLine(const char* line, void* data) {
  auto& list = *static_cast<CodeList*>(data);
  const char* at = line;
  const std::uint64_t start = ParseHex(at);
  if (*at++ != '-') return;
  const std::uint64_t end = ParseHex(at);
  if (std::strlen(at) < 4 || at[3] != 'x') return;
  const std::uint32_t count = list.count;
  if (count > 0 && list.end[count - 1] == start) {
    StoreRelaxed(list.end[count - 1], end);
  } else if (count == kMostRanges) {
    StoreRelaxed(list.is_partial, 1u);
  } else {
    StoreRelaxed(list.start[count], start);
    StoreRelaxed(list.end[count], end);
    StoreRelaxed(list.count, count + 1);
  }
}

/// True if a range of the list has addresses of [low, high).
bool Meets(const CodeList& list, std::uint64_t low, std::uint64_t high) {
  std::uint32_t from = 0, to = LoadRelaxed(list.count);
  if (to > kMostRanges) return true;
  while (from < to) {
    const std::uint32_t middle = from + (to - from) / 2;
    if (LoadRelaxed(list.start[middle]) < high)
      from = middle + 1;
    else
      to = middle;
  }
  return from > 0 && low < LoadRelaxed(list.end[from - 1]);
}

std::uint64_t Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

/// False if `address` lies in memory that has changed since `since` changes had ended, or may.
bool IsUnchanged(std::uint64_t address, std::uint64_t since) {
  if (LoadAcquire(under_way) != 0) return false;
  const std::uint64_t end = LoadAcquire(changed);
  if (end - since > kChanges) return false;
  for (std::uint64_t number = since + 1; number <= end; ++number) {
    const Change& change = changes[number % kChanges];
    if (LoadAcquire(change.number) != number) return false;
    const bool is_in = address >= LoadRelaxed(change.low) && address < LoadRelaxed(change.high);
    LoadFence();
    if (is_in || LoadRelaxed(change.number) != number) return false;
  }
  return true;
}

/// Makes the list anew if `pause` has passed since that was last done.
void Look(std::uint64_t pause) {
  const ErrnoKeeper keep_errno;
  const std::uint64_t begun = Now();
  const std::uint64_t last = LoadRelaxed(last_look_ns);
  if (last != 0 && begun - last < (pause > LoadRelaxed(pause_ns) ? pause : LoadRelaxed(pause_ns))) return;
  if (!HasRoom(kRoomToLook, true)) return;
  const SignalsHeld held;  // a handler that jumps away would leave the list half made for good
  if (!Swap(looking, 0u, 1u)) return;
  const std::uint64_t number = LoadRelaxed(looks);
  CodeList& list = lists[(number + 1) % 2];
  const std::uint64_t ended = LoadAcquire(changed);
  StoreRelaxed(list.changes, LoadAcquire(under_way) == 0 ? ended : LoadRelaxed(lists[number % 2].changes));
  StoreRelaxed(list.is_partial, 0u);
  StoreRelaxed(list.count, 0u);
  VisitLines("/proc/self/maps", AddLine, &list);
  StoreRelease(looks, number + 1);
  const std::uint64_t finished = Now();
  const std::uint64_t earned = (finished - begun) * kShareOfTime;
  StoreRelaxed(pause_ns, earned < kLongestPause ? earned : kLongestPause);
  StoreRelaxed(last_look_ns, finished);
  StoreRelease(looking, 0u);
}

}  // namespace

CodeAt LookUpCode(std::uint64_t address) {
  const std::uint64_t number = LoadAcquire(looks);
  if (number == 0 || LoadRelaxed(forgone) != 0) return CodeAt::kUnknown;
  const CodeList& list = lists[number % 2];
  const bool found = Meets(list, address, address + 1);
  const std::uint64_t since = LoadRelaxed(list.changes);
  const bool is_partial = LoadRelaxed(list.is_partial) != 0;
  LoadFence();
  if (LoadRelaxed(looks) != number) return CodeAt::kUnknown;
  if (found) return CodeAt::kCode;
  return !is_partial && IsUnchanged(address, since) ? CodeAt::kNone : CodeAt::kUnknown;
}

CodeAt FindCode(std::uint64_t address) {
  const CodeAt known = LookUpCode(address);
  if (known == CodeAt::kCode || LoadRelaxed(forgone) != 0) return known;
  Look(known == CodeAt::kUnknown ? kShortestPause : kLongestPause);
  return LookUpCode(address);
}

bool MayFindCode() { return LoadRelaxed(forgone) == 0; }

void ForgoCodeRanges() { StoreRelaxed(forgone, 1u); }

void RepairCodeRangesAfterFork() {
  under_way = 0;  // what other threads had under way does not end here
  looking = 0;
}

std::uint64_t CodeEra() {
  const std::uint64_t era = LoadAcquire(changed) + 1;
  return LoadAcquire(under_way) == 0 ? era : 0;
}

// A program that never looked has nothing to be told.
bool CodeChange::ConcernsCode(std::uintptr_t low, std::size_t bytes) {
  const std::uint64_t number = LoadAcquire(looks);
  if (number == 0 || bytes == 0) return false;
  const bool meets = low + bytes < low || Meets(lists[number % 2], low, low + bytes);
  LoadFence();
  return meets || LoadRelaxed(looks) != number || LoadRelaxed(looking) != 0;
}

void CodeChange::Begin() { AddAcqRel(under_way, std::uint64_t{1}); }

void CodeChange::End() const {
  const std::uint64_t number = AddAcqRel(changed, std::uint64_t{1}) + 1;
  Change& change = changes[number % kChanges];
  StoreRelease(change.number, std::uint64_t{0});
  StoreRelease(change.low, low_);
  StoreRelease(change.high, low_ + bytes_ < low_ ? ~std::uint64_t{0} : low_ + bytes_);
  StoreRelease(change.number, number);
  AddAcqRel(under_way, ~std::uint64_t{0});
}

}  // namespace mqtrack::recorder
