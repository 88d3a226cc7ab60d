// Regions: names that a service gives to stretches of its work (MQTRACK_REGION of track/track.h).
//
// A region ends when its scope does. longjmp out of it skips that, so each enter and leave first drops the regions
// whose token lies below the hook's frame, where nothing of the thread's stack is in use any more. What remains
// undetected, a region that was jumped out of while the thread stays deeper, ends with the next one outside of it, or
// when another one takes its place on the stack.
//
// Rejected: to keep what was there before in the scope's own object, as a list. After a longjmp, or on the stack of a
// coroutine that is gone, that memory may be anything, or no memory at all.
#include "preload/recorder/labels/regions.h"

#include <cstring>

#include "preload/recorder/labels/region_stack.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/thread_labels.h"

namespace mqtrack::recorder {

thread_local constinit RegionStack region_stack = {};

namespace {

/// Names are kept over all sessions; of a process's code there is only one.
constinit BoundedNames region_names;

/// Further apart, two addresses are not of one stack.
constexpr std::uint32_t kFar = 8u << 20;

std::uint32_t LowerHalf(const void* address) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(address));
}

std::uint16_t Innermost(const RegionStack& stack) {
  return stack.depth == 0 ? BoundedNames::kNone : stack.names[stack.depth - 1];
}

/// Drops regions that were left by longjmp.
void DropAbandoned(RegionStack& stack, StartFrame frame) {
  while (stack.depth != 0) {
    const std::uint32_t above_token = static_cast<std::uint32_t>(frame.address()) - stack.tokens[stack.depth - 1];
    if (above_token == 0 || above_token >= kFar) return;
    StoreRelease(stack.depth, stack.depth - 1);
  }
}

/// The depth at which `token` was entered; stack.depth if it was not.
std::uint32_t DepthOf(const RegionStack& stack, std::uint32_t token) {
  for (std::uint32_t depth = stack.depth; depth-- > 0;) {
    if (stack.tokens[depth] == token) return depth;
  }
  return stack.depth;
}

/// Takes one region out; those inside of it stay.
void Remove(RegionStack& stack, std::uint32_t depth) {
  for (std::uint32_t i = depth; i + 1 < stack.depth; ++i) {
    stack.tokens[i] = stack.tokens[i + 1];
    stack.names[i] = region_names.Moved(stack.names[i + 1], i == 0 ? BoundedNames::kNone : stack.names[i - 1]);
  }
  StoreRelease(stack.depth, stack.depth - 1);
}

/// False if the label stays: too deep, or directly inside a region of the same name.
bool Push(RegionStack& stack, std::uint32_t token, const char* name) {
  const std::uint16_t outer = Innermost(stack);
  const std::uint32_t depth = stack.depth;
  if (depth == BoundedNames::kDeepest) return false;
  if (outer != BoundedNames::kNone && region_names.NumberOf(region_names.ParentOf(outer), name) == outer) return false;
  const std::uint16_t number = region_names.NumberOf(outer, name);
  if (number == outer) return false;  // (other) in (other)
  // Its place is taken before it is filled: a signal handler that comes in between puts its own regions behind it.
  stack.tokens[depth] = 0;
  stack.names[depth] = outer;
  StoreRelease(stack.depth, depth + 1);
  stack.names[depth] = number;
  StoreRelease(stack.tokens[depth], token);
  return true;
}

}  // namespace

log::LabelsId Regions::AddTo(log::LabelsId labels) const {
  const RegionStack& stack = region_stack;
  if (stack.session != recorder_.session()) return labels;
  return recorder_.named_sets().With(recorder_.labels(), labels, log::LabelKey::kRegion, region_names,
                                     Innermost(stack));
}

void Regions::Changed() const {
  ThreadState& thread = thread_state;
  const ErrnoKeeper keep_errno;
  ThreadLabels(recorder_).Refresh(thread);
  const auto with_region = [this](std::uint32_t labels) {
    return static_cast<std::uint32_t>(AddTo(static_cast<log::LabelsId>(labels)));
  };
  thread.name_labels = with_region(thread.name_labels);
  thread.labels = thread.in_packet != InPacket::kLabelled ? thread.name_labels : with_region(thread.labels);
}

void Regions::Enter(const void* token, const char* name, StartFrame frame) const {
  RegionStack& stack = region_stack;
  if (stack.session != recorder_.session()) stack = {0, recorder_.session(), {}, {}};
  const std::uint16_t before = Innermost(stack);
  DropAbandoned(stack, frame);
  // The same place once more: that region was jumped out of, or it would not be known.
  if (const std::uint32_t depth = DepthOf(stack, LowerHalf(token)); depth != stack.depth) Remove(stack, depth);
  const bool is_pushed = Push(stack, LowerHalf(token), name);
  if (!is_pushed && Innermost(stack) == before) return;
  Changed();
  if (recorder_.trace().IsOn()) [[unlikely]]
    Trace(is_pushed ? log::TraceType::kRegion : log::TraceType::kRegionEnd, name);
}

void Regions::Leave(const void* token, StartFrame frame) const {
  RegionStack& stack = region_stack;
  if (stack.session != recorder_.session()) return;
  const std::uint16_t before = Innermost(stack);
  DropAbandoned(stack, frame);
  // Those that it contains end with it. One that is not known was too deep, or had the name of the one around it.
  StoreRelease(stack.depth, DepthOf(stack, LowerHalf(token)));
  if (Innermost(stack) == before) return;
  Changed();
  if (recorder_.trace().IsOn()) [[unlikely]]
    Trace(log::TraceType::kRegionEnd, "");
}

void Regions::Trace(log::TraceType type, const char* name) const {
  const std::size_t bytes = type == log::TraceType::kRegion ? strnlen(name, log::kTraceTextBytes) : 0;
  recorder_.trace().Write({.type = type, .value = region_stack.depth, .text = {name, bytes}});
}

}  // namespace mqtrack::recorder
