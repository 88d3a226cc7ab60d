#include "preload/recorder/creation.h"

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {

constinit CallPaths call_paths;
constinit RecentStacks recent_stacks;

namespace {
// What UnwindStack and all below it take of the stack, but for the search for a new library's path (module_table.cc).
constexpr std::uintptr_t kRoomToUnwind = 2560;
}  // namespace

/// Of one that was not met lately.
log::StackRecord* Creation::FindStack(StartFrame caller) const {
  if (!recorder_.uses_full_stacks()) return UnwindStack(caller);
  const std::uint64_t era = LoadAcquire(rule_era);
  const log::StackId known = call_paths.Find(caller);
  if (known == log::StackId::kNone) {
    if (HasRoom(kRoomToUnwind, !recorder_.sandboxed())) [[likely]]
      return UnwindStack(caller);
    return recorder_.stacks().InternSynthetic(log::SyntheticStack::kUnknown);
  }
  recent_stacks.Remember(caller, known, era);
  return recorder_.stacks().RecordOf(known);
}

log::StackRecord* Creation::UnwindStack(StartFrame caller) const {
  const ErrnoKeeper keep_errno;
  std::uint64_t addresses[log::kMaxFrames];
  Unwound unwound;
  const std::uint64_t era = LoadAcquire(rule_era);
  std::uint32_t flags = 0;
  if (recorder_.uses_full_stacks()) [[likely]] {
    unwound = Unwind(caller, addresses, log::kMaxFrames);
    if (unwound.truncated) flags |= log::kStackTruncated;
    if (unwound.incomplete) flags |= log::kStackIncomplete;
  } else {
    addresses[0] = CallerOf(caller).pc;
    unwound.depth = 1;
    flags = log::kStackEarly;
  }
  StackTable& stacks = recorder_.stacks();
  log::StackRecord* stack = stacks.Intern(addresses, unwound.depth, flags);
  if (stack != nullptr) {
    call_paths.Remember(addresses, unwound, stacks.IdOf(stack), era);
    return stack;
  }
  recorder_.CountLoss(log::Loss::kStackFull);
  return stacks.InternSynthetic(log::SyntheticStack::kUnknown);
}

}  // namespace mqtrack::recorder
