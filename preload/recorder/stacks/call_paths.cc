#include "preload/recorder/stacks/call_paths.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

constexpr int kAddressBits = 48;
constexpr std::uint64_t kAddressMask = (std::uint64_t{1} << kAddressBits) - 1;
constexpr int kDeltaShift = kAddressBits + 2;
constexpr std::int32_t kMostDelta = (1 << 14) - 1;

/// Moves to the caller by a rule that is none of the two frequent ones.
bool StepByRule(StackWords& stack, std::uint64_t& pc, std::uint64_t& cfa, std::uint64_t& frame_pointer) {
  FrameRegisters registers{pc, cfa, frame_pointer};
  if (StepToCaller(CachedRule(pc - 1), stack, registers) == FrameStep::kUnknown) return false;
  pc = registers.pc, cfa = registers.stack_pointer, frame_pointer = registers.frame_pointer;
  return true;
}

std::uint64_t WordAt(std::uint64_t address) { return *reinterpret_cast<const std::uint64_t*>(address); }

/// What a node's detail says of a frame with a caller: how far below the caller's frame lie the frame pointer that it
/// has saved (0: none) and its return address. Where that always lies in the same place, all of the detail is the
/// former; else each has a half, in words.
struct SavedPlaces {
  std::uint32_t frame_pointer, return_address;
};
constexpr std::uint32_t kMostInHalf = 0xffff * 8;
SavedPlaces PlacesIn(std::uint32_t detail) {
  if (!cpu::kReturnPlaceVaries) return {detail, cpu::ReturnPlace().below_cfa()};
  return {(detail & 0xffff) * 8, (detail >> 16) * 8};
}
std::uint32_t DetailOf(SavedPlaces places) {
  return cpu::kReturnPlaceVaries ? places.frame_pointer / 8 | places.return_address / 8 << 16 : places.frame_pointer;
}
/// False if that cannot be said, or if the return address may lie outside of the frame.
bool IsPlainReturnPlace(const FrameRule& rule) {
  const auto below = static_cast<std::int64_t>(rule.return_place.below_cfa());
  return !cpu::kReturnPlaceVaries || (below > 0 && below <= rule.cfa_offset && below <= kMostInHalf);
}

/// Where the search for a linked child begins, of 2^bits places.
std::uint64_t PlaceOf(std::uint64_t tagged, std::uint32_t parent, int bits) {
  return (tagged ^ std::uint64_t{parent} << 20) * 0x9e3779b97f4a7c15ULL >> (64 - bits);
}

}  // namespace

std::uint64_t CallPaths::Tagged(std::uint64_t pc) const { return pc | LoadRelaxed(era_) << kAddressBits; }

std::uint32_t CallPaths::LinkedChildOf(std::uint32_t node, std::uint64_t pc) const {
  if (pc > kAddressMask) return kRoot;
  const std::uint64_t tagged = Tagged(pc);
  std::uint64_t place = PlaceOf(tagged, node, kLinkBits);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe, place = (place + 1) & ((1 << kLinkBits) - 1)) {
    const Link& link = links_[place];
    if (LoadAcquire(link.pc) != tagged) continue;
    const std::uint64_t nodes = LoadAcquire(link.nodes);
    if (nodes >> 32 == node) return static_cast<std::uint32_t>(nodes) & (kNodes - 1);
  }
  return kRoot;
}

/// Of a node that is neither the root nor an end. kRoot: none.
inline std::uint32_t CallPaths::ChildOf(std::uint32_t node, std::uint64_t pc) const {
  std::uint32_t child = node + 1;
  if ((LoadAcquire(nodes_[child].step) & kAddressMask) == pc) [[likely]]
    return child;
  for (std::uint32_t i = 1; i < kListed; ++i) {
    child = LoadAcquire(nodes_[child].sibling) & (kNodes - 1);
    if (child == kRoot) return kRoot;
    if ((LoadAcquire(nodes_[child].step) & kAddressMask) == pc) return child;
  }
  return LinkedChildOf(node, pc);
}

log::StackId CallPaths::Find(StartFrame start) const {
  const std::uint64_t era = LoadAcquire(era_);
  if (LoadRelaxed(rules_of_) != LoadRelaxed(rule_era)) return log::StackId::kNone;
  const std::uint64_t frame = start.address();
  FrameRegisters caller_of_hook = CallerOf(start);
  std::uint64_t frame_pointer = caller_of_hook.frame_pointer, pc = caller_of_hook.pc;
  std::uint64_t cfa = caller_of_hook.stack_pointer;
  StackWords stack(frame);
  const std::uint64_t high = stack.high();
  std::uint32_t at = LinkedChildOf(kRoot, pc);
  while (at != kRoot) {
    const Node& node = nodes_[at];
    const std::uint64_t step = LoadAcquire(node.step);  // before the era is looked at again
    const auto kind = static_cast<Kind>(step >> kAddressBits & 3);
    std::uint64_t caller = (step >> kDeltaShift) * sizeof(std::uint64_t);
    if (kind == Kind::kFromStackPointer) [[likely]] {
      caller += cfa;
    } else if (kind == Kind::kFromFramePointer) {
      caller += frame_pointer;
      if ((caller & 7) != 0) return log::StackId::kNone;
    } else if (kind == Kind::kEnd) {
      const std::uint32_t found = LoadAcquire(node.detail);
      const bool holds = LoadRelaxed(era_) == era && LoadRelaxed(rules_of_) == LoadRelaxed(rule_era);
      return holds ? static_cast<log::StackId>(found) : log::StackId::kNone;
    } else {
      if (!StepByRule(stack, pc, cfa, frame_pointer)) return log::StackId::kNone;
      at = ChildOf(at, pc);
      continue;
    }
    if (caller <= cfa) [[unlikely]]  // or the node was wiped meanwhile
      return log::StackId::kNone;
    const SavedPlaces places = PlacesIn(LoadAcquire(node.detail));
    const std::uint32_t saved = places.frame_pointer;
    // MakeNode saw to it that it lies in this frame. If the node was used anew since its step was read, it may be
    // anything: nothing outside of the stack may be touched before the era says so.
    const std::uint64_t room = caller - frame;
    const bool is_return_outside = places.return_address == 0 || places.return_address > room;
    if (saved > room || (cpu::kReturnPlaceVaries && is_return_outside)) [[unlikely]]
      return log::StackId::kNone;
    if (caller > high) [[unlikely]] {
      if (!stack.Read(caller - places.return_address, pc) || (saved != 0 && !stack.Read(caller - saved, frame_pointer)))
        return log::StackId::kNone;
    } else {
      pc = WordAt(caller - places.return_address);
      if (saved != 0) frame_pointer = WordAt(caller - saved);
    }
    cfa = caller;
    pc = cpu::ReturnAddressIn(pc);
    at = ChildOf(at, pc);
  }
  return log::StackId::kNone;
}

CallPaths::Node CallPaths::MakeNode(std::uint64_t pc) {
  const auto make = [pc](Kind kind, std::int32_t delta, std::uint32_t detail) {
    return Node{
        pc | static_cast<std::uint64_t>(kind) << kAddressBits | static_cast<std::uint64_t>(delta) << kDeltaShift, 0,
        detail};
  };
  if (pc == 0) return make(Kind::kEnd, 0, 0);
  const FrameRule rule = CachedRule(pc - 1);
  if (!MayHaveCaller(rule, pc)) return make(Kind::kEnd, 0, 0);
  switch (rule.cfa) {
    case FrameRule::Cfa::kOutermost:
    case FrameRule::Cfa::kUnknown:
    case FrameRule::Cfa::kFrameChain:  // of a path that may be remembered, it is where it ends
      return make(Kind::kEnd, 0, 0);
    case FrameRule::Cfa::kStackPointer:
    case FrameRule::Cfa::kFramePointer:
      break;
    default:
      return make(Kind::kByRule, 0, 0);
  }
  // In the frequent case words lie at multiples of eight, the frame pointer below the return address in the same frame;
  // of a frame found by its frame pointer only the usual place is certain to lie above the stack pointer.
  const bool from_stack_pointer = rule.cfa == FrameRule::Cfa::kStackPointer;
  const bool is_saved = rule.frame_pointer == FrameRule::FramePointer::kSaved;
  const std::int32_t delta = rule.cfa_offset / 8, saved = is_saved ? -rule.frame_pointer_offset : 0;
  const bool plain_delta = delta > 0 && delta <= kMostDelta && delta * 8 == rule.cfa_offset;
  const bool plain_save = !is_saved || saved == cpu::kPushedFramePointer ||
                          ((from_stack_pointer || cpu::kReturnPlaceVaries) && saved > cpu::kPushedFramePointer &&
                           saved <= rule.cfa_offset && saved % 8 == 0);
  if (!plain_delta || !plain_save || !IsPlainReturnPlace(rule)) return make(Kind::kByRule, 0, 0);
  return make(from_stack_pointer ? Kind::kFromStackPointer : Kind::kFromFramePointer, delta,
              DetailOf({static_cast<std::uint32_t>(saved), rule.return_place.below_cfa()}));
}

bool CallPaths::AddChild(std::uint32_t parent, std::uint64_t pc, std::uint32_t child) {
  if (parent != kRoot) {
    std::uint32_t last = parent + 1, listed = 1;
    while (nodes_[last].sibling != 0) last = nodes_[last].sibling, ++listed;
    if (listed < kListed) {
      StoreRelease(nodes_[last].sibling, child);
      return true;
    }
  }
  const std::uint64_t tagged = Tagged(pc);
  std::uint64_t place = PlaceOf(tagged, parent, kLinkBits);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe, place = (place + 1) & ((1 << kLinkBits) - 1)) {
    Link& link = links_[place];
    if (link.nodes != 0 && link.pc >> kAddressBits == tagged >> kAddressBits) continue;
    StoreRelease(link.pc, std::uint64_t{0});
    StoreRelease(link.nodes, std::uint64_t{parent} << 32 | child);
    StoreRelease(link.pc, tagged);
    return true;
  }
  return false;
}

/// Forgets everything. Links of earlier eras count as empty.
///
/// A walk that meets anything written after the era was raised must meet the new era at its end. That an addition is
/// acquire-release is not enough: what is stored behind it may be seen before what it has stored. So whatever is stored
/// into nodes and links is stored with release, and thereby after the era; a walk loads all of it with acquire, and
/// thereby before it looks at the era again. Processors other than x86 need both.
void CallPaths::Clear(std::uint64_t rules) {
  AddAcqRel(era_, std::uint64_t{1});  // and only then anything else
  if ((era_ & 0xffff) == 0) {         // the tags begin again
    for (Link& link : links_) StoreRelease(link.pc, std::uint64_t{0}), StoreRelease(link.nodes, std::uint64_t{0});
  }
  StoreRelaxed(used_, 1u);  // node 0 is the root
  StoreRelease(rules_of_, rules);
}

void CallPaths::Enter(const std::uint64_t* addresses, const Unwound& unwound, log::StackId stack) {
  const std::uint32_t steps = unwound.depth + (unwound.has_end ? 1 : 0);
  const auto address = [&](std::uint32_t i) { return i < unwound.depth ? addresses[i] : unwound.end; };
  std::uint32_t at = kRoot, known = 0;
  for (; known < steps; ++known) {
    if (at != kRoot && static_cast<Kind>(nodes_[at].step >> kAddressBits & 3) == Kind::kEnd) return;
    const std::uint32_t child = at == kRoot ? LinkedChildOf(at, address(known)) : ChildOf(at, address(known));
    if (child == kRoot) break;
    at = child;
  }
  if (known == steps) return;
  // The new nodes are written first and linked last, as a whole.
  const std::uint32_t first = used_;
  for (std::uint32_t i = known; i < steps; ++i) {
    Node node = MakeNode(address(i));
    const bool is_end = static_cast<Kind>(node.step >> kAddressBits & 3) == Kind::kEnd;
    if (is_end != (i + 1 == steps) || address(i) > kAddressMask) return;  // the rules have changed since
    if (is_end) node.detail = static_cast<std::uint32_t>(stack);
    Node& place = nodes_[first + (i - known)];
    StoreRelease(place.step, node.step);
    StoreRelease(place.sibling, node.sibling);
    StoreRelease(place.detail, node.detail);
  }
  const bool linked = AddChild(at, address(known), first);
  StoreRelaxed(used_, linked ? first + (steps - known) : kNodes);  // full: begins anew with the next path
}

void CallPaths::Remember(const std::uint64_t* addresses, const Unwound& unwound, log::StackId stack,
                         std::uint64_t era) {
  if (!unwound.repeatable || LoadRelaxed(rule_era) != era || !Swap(remembering_, 0u, 1u)) return;
  if (used_ + unwound.depth + 2 > kNodes || used_ == 0 || rules_of_ != era) Clear(era);
  Enter(addresses, unwound, stack);
  StoreRelease(remembering_, 0u);
}

void CallPaths::RepairAfterFork() {
  if (remembering_ != 0) StoreRelaxed(rules_of_, std::uint64_t{0});  // half done: to be made anew
  remembering_ = 0;
}

}  // namespace mqtrack::recorder
