#include "preload/recorder/stacks/recent_stacks.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/frame_step.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kPerGroup = 3;
constexpr std::uint64_t kPlaceMask = 0xffff;
constexpr std::uint32_t kMostPlaces = 54;
constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;
/// Threads have their stacks at whole pages, so that these bits of a place are the same for the same calls. Of larger
/// pages they are the same too.
constexpr std::uint64_t kPlaceOnPage = 0xff0;

/// Odd multipliers, one for each word: SplitMix64 (Steele, Lea, Flood, 2014).
struct Multipliers {
  std::uint64_t of[kMostPlaces] = {};
  constexpr Multipliers() {
    std::uint64_t state = 0;
    for (std::uint64_t& multiplier : of) {
      std::uint64_t z = state += kMultiplier;
      z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
      z = (z ^ z >> 27) * 0x94d049bb133111eb;
      multiplier = (z ^ z >> 31) | 1;
    }
  }
};
constexpr Multipliers kMultipliers;

/// Beside those of the places.
constexpr std::uint64_t kCfaMultiplier = 0xd1342543de82ef95;

/// Of this thread's stack. What a shape says of another stack may lie in any frame's variables, or between them: to be
/// read without being believed, which sanitizers cannot know. Never beyond ReadableTo.
__attribute__((no_sanitize("address", "thread"))) inline std::uint64_t WordAt(std::uint64_t address) {
  return *reinterpret_cast<const std::uint64_t*>(address);
}

std::uint64_t PlaceIn(std::uint64_t group, std::uint32_t i) { return group >> 16 * i & kPlaceMask; }

}  // namespace

/// The places of the words that decide a stack, as they are found.
struct RecentStacks::Draft {
  explicit Draft(StartFrame from) : start(from), base(from.address()) {}

  const StartFrame start;
  const std::uint64_t base;
  std::uint64_t readable_to = 0;
  std::uint64_t callers[kMostPlaces], pointers[kMostPlaces];
  std::uint32_t caller_count = 0, pointer_count = 0;

  /// False if there are too many, or it is too far away, or not to be read without asking.
  bool Add(std::uint64_t* places, std::uint32_t& count, std::uint64_t address) const {
    const std::uint64_t place = (address - base) / 8;
    if (address < base || address + 8 > readable_to || (address & 7) != 0 || place > kPlaceMask || count == kMostPlaces)
      return false;
    places[count++] = place;
    return true;
  }
  bool AddCaller(std::uint64_t address) { return Add(callers, caller_count, address); }
  bool AddPointer(std::uint64_t address) { return Add(pointers, pointer_count, address); }

  /// Writes `places` in groups. What is left of the last group repeats its first place: every place of a group may be
  /// read if its highest may, whatever another thread is making of the shape.
  static std::uint32_t Group(const std::uint64_t* places, std::uint32_t count, std::uint64_t* groups) {
    const std::uint32_t number = (count + kPerGroup - 1) / kPerGroup;
    for (std::uint32_t i = 0; i < number; ++i) {
      std::uint64_t group = 0, highest = 0;
      for (std::uint32_t j = 0; j < kPerGroup; ++j) {
        const std::uint32_t number_of_place = i * kPerGroup + j;
        const std::uint64_t place = places[number_of_place < count ? number_of_place : i * kPerGroup];
        group |= place << 16 * j;
        if (place > highest) highest = place;
      }
      groups[i] = group | highest << 48;
    }
    return number;
  }
  /// False if there are too many.
  bool MakeShape(Shape& shape) const {
    if ((caller_count + 2) / kPerGroup + (pointer_count + 2) / kPerGroup > kGroups) return false;
    shape = {};
    shape.tag = TagOf(start);
    const std::uint32_t caller_groups = Group(callers, caller_count, shape.groups);
    const std::uint32_t pointer_groups = Group(pointers, pointer_count, shape.groups + caller_groups);
    shape.counts = caller_groups | std::uint64_t{pointer_groups} << 8;
    return true;
  }
};

std::uint64_t RecentStacks::TagOf(StartFrame start) {
  return cpu::ReturnAddressIn(WordAt(start.return_address_place())) ^ (start.address() & kPlaceOnPage) << 48;
}
std::uint32_t RecentStacks::ShapesOf(std::uint64_t tag) {
  return static_cast<std::uint32_t>(tag * kMultiplier >> (64 - kShapeBits)) * kShapeWays;
}
std::uint32_t RecentStacks::ProofsOf(std::uint64_t hash) {
  return static_cast<std::uint32_t>((hash ^ hash >> 32) * kMultiplier >> (64 - kProofBits));
}

/// The hash of the words in the shape's places. False if they may not be readable.
inline bool RecentStacks::HashOf(const Shape& shape, StartFrame start, std::uint64_t readable_to, std::uint64_t& hash) {
  const std::uint64_t base = start.address();
  const std::uint64_t counts = LoadRelaxed(shape.counts);
  const std::uint32_t callers = counts & 0xff, end = callers + (counts >> 8 & 0xff);
  if (end > kGroups) return false;
  const std::uint64_t* multiplier = kMultipliers.of;
  // Where the caller's frame begins decides the stack as the words do, unless the hook's frame has always the same
  // size.
  std::uint64_t sum = cpu::kReturnPlaceVaries ? (start.cfa() - base) * kCfaMultiplier : 0;
  std::uint32_t i = 0;
  for (; i < callers; ++i, multiplier += kPerGroup) {
    const std::uint64_t group = LoadRelaxed(shape.groups[i]);
    if (base + (group >> 48) * 8 + 8 > readable_to) return false;
    const auto caller = [&](std::uint32_t j) { return cpu::ReturnAddressIn(WordAt(base + PlaceIn(group, j) * 8)); };
    sum += caller(0) * multiplier[0] + caller(1) * multiplier[1] + caller(2) * multiplier[2];
  }
  for (; i < end; ++i, multiplier += kPerGroup) {
    const std::uint64_t group = LoadRelaxed(shape.groups[i]);
    if (base + (group >> 48) * 8 + 8 > readable_to) return false;
    for (std::uint32_t j = 0; j < kPerGroup; ++j) sum += (WordAt(base + PlaceIn(group, j) * 8) - base) * multiplier[j];
  }
  hash = sum;
  return true;
}

/// The proof's `stack`; 0 if there is none.
template <std::uint32_t kCount>
inline std::uint64_t RecentStacks::StackIn(const Proof (&proofs)[kCount], std::uint64_t hash, std::uint64_t era) {
  for (const Proof& proof : proofs) {
    const std::uint64_t stack = LoadRelaxed(proof.stack);
    if ((LoadRelaxed(proof.check) ^ stack) != (hash ^ era)) continue;
    LoadFence();  // before the record of the stack is touched, which another thread may have made just now
    return stack;
  }
  return 0;
}

log::StackId RecentStacks::Find(StartFrame start) const {
  const std::uint64_t readable_to = ReadableTo(start.address());
  const std::uint64_t tag = TagOf(start), era = LoadRelaxed(rule_era);
  const Shape* set = &shapes_[ShapesOf(tag)];
  for (std::uint32_t way = 0; way < kShapeWays; ++way) {
    std::uint64_t hash = 0;
    if (LoadRelaxed(set[way].tag) != tag || !HashOf(set[way], start, readable_to, hash)) continue;
    std::uint64_t stack = StackIn(set[way].near, hash, era);
    if (stack == 0) stack = StackIn(proofs_[ProofsOf(hash)].proofs, hash, era);
    if (stack != 0) return static_cast<log::StackId>(static_cast<std::uint32_t>(stack));
  }
  return log::StackId::kNone;
}

/// Unwinds from `start` and notes the place of each word that a step depended on. False if the stack is not one that
/// can be kept.
bool RecentStacks::Describe(Draft& draft) {
  const StartFrame hook = draft.start;
  FrameRegisters registers = CallerOf(hook);
  StackWords stack(hook.address());
  draft.readable_to = stack.high();
  std::uint64_t pointer_from = hook.frame_pointer_place();  // where the frame pointer at hand was read
  bool pointer_noted = false;
  const auto note_pointer = [&] {
    const bool fits = pointer_noted || draft.AddPointer(pointer_from);
    pointer_noted = true;
    return fits;
  };
  if (!draft.AddCaller(hook.return_address_place())) return false;
  for (;;) {
    const FrameRule rule = CachedRule(registers.pc - 1);
    if (rule.cfa == FrameRule::Cfa::kUnknown || rule.cfa == FrameRule::Cfa::kOutermost) return true;
    if (rule.cfa == FrameRule::Cfa::kFrameChain) return true;  // of a known path, it is where it ends
    if (!MayHaveCaller(rule, registers.pc)) return true;
    const bool from_memory = rule.cfa == FrameRule::Cfa::kFromMemory;
    if ((from_memory || rule.cfa == FrameRule::Cfa::kFramePointer) && !note_pointer()) return false;
    const std::uint64_t before = registers.frame_pointer, below = registers.stack_pointer;
    const FrameStep step = StepToCaller(rule, stack, registers);
    if (step != FrameStep::kCaller && step != FrameStep::kOutermost) return false;
    const auto offset = static_cast<std::int64_t>(rule.cfa_offset);
    if (from_memory && !draft.AddPointer(before + offset)) return false;
    if (rule.cfa == FrameRule::Cfa::kFromStack && !draft.AddPointer(below + offset)) return false;
    if (!draft.AddCaller(rule.return_place.In(registers.stack_pointer))) return false;
    if (step == FrameStep::kOutermost) return true;
    if (rule.frame_pointer == FrameRule::FramePointer::kSaved) {
      pointer_from =
          (from_memory ? before : registers.stack_pointer) + static_cast<std::int64_t>(rule.frame_pointer_offset);
      pointer_noted = false;
    }
  }
}

bool RecentStacks::Rests() {
  const std::uint32_t rest = LoadRelaxed(rest_);
  if (rest != 0) StoreRelaxed(rest_, rest - 1);
  return rest != 0;
}

/// A number that says whose place is to be taken.
std::uint32_t RecentStacks::Evict() {
  const std::uint32_t evictions = LoadRelaxed(evictions_) + 1;
  StoreRelaxed(evictions_, evictions);
  StoreRelaxed(rest_, kRest);
  return evictions;
}

RecentStacks::Shape& RecentStacks::Keep(const Shape& shape) {
  Shape* set = &shapes_[ShapesOf(shape.tag)];
  Shape* place = nullptr;
  for (std::uint32_t way = 0; way < kShapeWays; ++way) {
    bool same = LoadRelaxed(set[way].tag) == shape.tag && LoadRelaxed(set[way].counts) == shape.counts;
    for (std::uint32_t i = 0; i < kGroups && same; ++i) same = LoadRelaxed(set[way].groups[i]) == shape.groups[i];
    if (same) return set[way];
    if (LoadRelaxed(set[way].tag) == 0) place = &set[way];
  }
  if (place == nullptr) place = &set[Evict() % kShapeWays];
  for (Proof& proof : place->near) StoreRelaxed(proof.stack, std::uint64_t{0});
  for (std::uint32_t i = 0; i < kGroups; ++i) StoreRelaxed(place->groups[i], shape.groups[i]);
  StoreRelaxed(place->counts, shape.counts);
  StoreRelaxed(place->tag, shape.tag);
  return *place;
}

template <std::uint32_t kCount>
RecentStacks::Proof* RecentStacks::FreeIn(Proof (&proofs)[kCount], std::uint64_t era) {
  for (Proof& proof : proofs) {
    const std::uint64_t stack = LoadRelaxed(proof.stack);
    if (stack == 0 || stack >> 32 != (era & 0xffffffff)) return &proof;
  }
  return nullptr;
}

void RecentStacks::Remember(StartFrame start, log::StackId id, std::uint64_t era) {
  if (Rests()) return;
  Draft draft(start);
  Shape shape;
  std::uint64_t hash = 0;
  if (!Describe(draft) || !draft.MakeShape(shape)) return;
  if (!HashOf(shape, start, draft.readable_to, hash)) return;
  ProofSet& set = proofs_[ProofsOf(hash)];
  Proof* place = FreeIn(Keep(shape).near, era);
  if (place == nullptr) place = FreeIn(set.proofs, era);
  if (place == nullptr) place = &set.proofs[Evict() % kProofWays];
  const std::uint64_t stack = static_cast<std::uint64_t>(id) | era << 32;
  StoreRelease(place->stack, stack);  // after the record of the stack
  StoreRelease(place->check, hash ^ era ^ stack);
}

}  // namespace mqtrack::recorder
