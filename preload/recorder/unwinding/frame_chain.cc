#include "preload/recorder/unwinding/frame_chain.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/behind_call.h"
#include "preload/recorder/unwinding/code_ranges.h"
#include "preload/recorder/unwinding/epilogue.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

/// A frame that is larger is not searched, and so not proved.
constexpr std::uint64_t kLargestFrame = 8 << 10;
constexpr std::uint64_t kLowestAddress = 64 << 10, kHighestAddress = cpu::kHighestAddress;
/// Words about which the kernel is asked for one frame.
constexpr int kMostQuestions = 64;

/// How often steps from an address were tried in vain: address << 8 | number. Others may take its place.
std::uint64_t attempts[1024];
constexpr std::uint64_t kProved = 0xff, kEnough = 32;

std::uint64_t Aligned(std::uint64_t stack_pointer) { return (stack_pointer + 7) & ~std::uint64_t{7}; }

/// Addresses that calls return to and whose code goes on for a while, as was found in an era of code: address << 16 |
/// low bits of the era. Others may take their place.
std::uint64_t returns[1024];

std::uint64_t& PlaceOf(std::uint64_t (&table)[1024], std::uint64_t pc) {
  return table[pc * 0x9e3779b97f4a7c15ULL >> 54];
}

/// What was found of code at an address.
struct Judgement {
  ChainStep step = ChainStep::kUnproved;  // kCaller: it is code, and a call returns there if one had to
  bool returns_at_once = false;           // by `epilogue`
  Epilogue epilogue;
};

Judgement Judge(std::uint64_t pc, bool is_interrupted) {
  const std::uint64_t era = CodeEra();
  std::uint64_t& known = PlaceOf(returns, pc);
  Judgement judgement;
  if (pc < kLowestAddress || pc >= kHighestAddress) return judgement;
  const std::uint64_t entry = pc << 16 | (era & 0xffff);
  if (!is_interrupted && era != 0 && LoadRelaxed(known) == entry) {
    judgement.step = ChainStep::kCaller;
    return judgement;
  }
  if (!is_interrupted && !IsBehindCallAnywhere(pc)) return judgement;
  const CodeAt found = FindCode(is_interrupted ? pc : pc - 1);
  if (found == CodeAt::kUnknown) judgement.step = ChainStep::kNotNow;
  if (found != CodeAt::kCode) return judgement;
  judgement.step = ChainStep::kCaller;
  judgement.returns_at_once = FindEpilogue(pc, judgement.epilogue);
  if (!is_interrupted && !judgement.returns_at_once && era != 0) StoreRelaxed(known, entry);
  return judgement;
}

/// True if no word from `low` up to `end` can be a return address.
bool HoldsNoReturnAddress(StackWords& stack, std::uint64_t low, std::uint64_t end) {
  int questions = 0;
  for (std::uint64_t at = low; at < end; at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    if (!stack.Read(at, word)) return false;
    word = cpu::ReturnAddressIn(word);
    const bool is_address = word >= kLowestAddress && word < kHighestAddress;
    if (!is_address || (word >= low && word < end) || LookUpCode(word - 1) == CodeAt::kNone) continue;
    if (++questions > kMostQuestions || IsBehindCallAnywhere(word)) return false;
  }
  return true;
}

bool ReadReturnAddress(StackWords& stack, std::uint64_t place, FrameRegisters& registers) {
  std::uint64_t word = 0;
  if (!stack.Read(place, word)) return false;
  registers.pc = cpu::ReturnAddressIn(word);
  registers.link = {};
  return true;
}

/// To where the frame pointer leads, if that is not far above the stack pointer.
bool FollowFramePointer(StackWords& stack, FrameRegisters& registers) {
  const cpu::FrameOfHook frame(registers.frame_pointer);
  const std::uint64_t place = frame.frame_pointer_place(), low = Aligned(registers.stack_pointer);
  if ((place & 7) != 0 || place < low || place - low > kLargestFrame) return false;
  registers.stack_pointer = frame.cfa();
  return stack.Read(place, registers.frame_pointer) &&
         ReadReturnAddress(stack, frame.return_address_place(), registers);
}

bool NeedsStackPointer(const FrameRule& rule) {
  return rule.cfa == FrameRule::Cfa::kStackPointer || rule.cfa == FrameRule::Cfa::kFromStack;
}

/// Does what the code is about to do.
bool FollowEpilogue(StackWords& stack, const Epilogue& epilogue, FrameRegisters& registers) {
  std::uint64_t at = registers.stack_pointer;
  if (epilogue.leaves) at = registers.frame_pointer;
  if (at < registers.stack_pointer || at - registers.stack_pointer > kLargestFrame) return false;
  at += epilogue.dropped;
  registers.stack_pointer = at + epilogue.released;
  if (epilogue.pops) {
    if (!stack.Read(at, registers.frame_pointer)) return false;
    at += sizeof(std::uint64_t);
  }
  return ReadReturnAddress(stack, at, registers);
}

}  // namespace

ChainStep StepByFrameChain(StackWords& stack, FrameRegisters& registers, bool is_interrupted) {
  if (!MayFindCode()) return ChainStep::kUnproved;
  const Judgement here = Judge(registers.pc, is_interrupted);
  if (here.step != ChainStep::kCaller) return here.step;
  FrameRegisters caller = registers;
  if (!(here.returns_at_once ? FollowEpilogue(stack, here.epilogue, caller) : FollowFramePointer(stack, caller)))
    return ChainStep::kUnproved;
  const Judgement there = Judge(caller.pc, false);
  if (there.step != ChainStep::kCaller) return there.step;
  // Where the frame that was left ends is proved only if it ends with what its frame pointer points at.
  if (!cpu::kFrameRecordIsOnTop && !here.returns_at_once && NeedsStackPointer(CachedRule(caller.pc - 1)))
    return ChainStep::kUnproved;
  if (!here.returns_at_once && !HoldsNoReturnAddress(stack, Aligned(registers.stack_pointer), registers.frame_pointer))
    return ChainStep::kUnproved;
  registers = caller;
  return ChainStep::kCaller;
}

bool IsHopeless(std::uint64_t pc, ChainStep step) {
  std::uint64_t& attempt = PlaceOf(attempts, pc);
  const std::uint64_t known = LoadRelaxed(attempt);
  const std::uint64_t number = known >> 8 == pc ? known & 0xff : 0;
  if (step == ChainStep::kNotNow || number == kProved) return false;
  if (step == ChainStep::kUnproved && number >= kEnough) return true;
  StoreRelaxed(attempt, pc << 8 | (step == ChainStep::kCaller ? kProved : number + 1));
  return false;
}

}  // namespace mqtrack::recorder
