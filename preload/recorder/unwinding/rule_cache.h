// A cache from code address to FrameRule, shared by all threads without a lock.
//
// Each entry is two words: the packed rule, and the address combined with the rule by exclusive or (Robert Hyatt and
// Tim Mann, "A lockless transposition table"). A reader that meets a half-written entry computes another address than
// the one it looks for, and treats it as a miss. Entries are simply overwritten.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/code_owners.h"

namespace mqtrack::recorder {

struct CachedRuleEntry {
  std::uint64_t check;  // pc ^ Mixed(rule) ^ era
  std::uint64_t rule;   // bits 0..2 cfa, bit 3 frame pointer saved, then its offset, the place of the return address
                        // where that varies, and the cfa offset
};
inline constexpr int kRuleFramePointerShift = 4, kRuleFramePointerBits = cpu::kFramePointerOffsetBits;
inline constexpr int kRuleReturnPlaceShift = kRuleFramePointerShift + kRuleFramePointerBits;
inline constexpr int kRuleCfaShift = kRuleReturnPlaceShift + cpu::kReturnPlaceBits, kRuleCfaBits = 64 - kRuleCfaShift;
inline constexpr int kRuleCacheBits = 14;
extern CachedRuleEntry rule_cache[std::size_t{1} << kRuleCacheBits];
/// Another number after each InvalidateRules.
extern std::uint64_t rule_era;
extern CodeOwners code_owners;

inline FrameRule UnpackRule(std::uint64_t packed) {
  FrameRule rule;
  rule.cfa = static_cast<FrameRule::Cfa>(packed & 7);
  rule.frame_pointer = static_cast<FrameRule::FramePointer>(packed >> 3 & 1);
  // Up against the upper end and back, which brings the sign.
  const auto field = static_cast<std::int64_t>(packed << (64 - kRuleReturnPlaceShift));
  rule.frame_pointer_offset = static_cast<std::int32_t>(field >> (64 - kRuleFramePointerBits)) * cpu::kOffsetUnit;
  rule.return_place =
      cpu::ReturnPlace::Unpacked(packed >> kRuleReturnPlaceShift & ((std::uint64_t{1} << cpu::kReturnPlaceBits) - 1));
  rule.cfa_offset = static_cast<std::int32_t>(static_cast<std::int64_t>(packed) >> kRuleCfaShift) * cpu::kOffsetUnit;
  return rule;
}

/// Of a rule, so that half of one entry and half of another make an address that nobody asks for: rules differ in few
/// bits, and so do addresses.
inline std::uint64_t Mixed(std::uint64_t packed) { return packed * 0xbf58476d1ce4e5b9ULL; }

/// Finds the rule and enters it, if it is one of a loaded object.
[[nodiscard]] FrameRule CacheRule(std::uint64_t pc, CachedRuleEntry& entry);

/// The rule at `pc`, from the cache or from FindRule. Thread-safe, async-signal-safe. In the header because it is what
/// an allocation spends most of its time in: one look per frame, each waiting for the one before.
[[nodiscard]] inline FrameRule CachedRule(std::uint64_t pc) {
  // Multiplicative hashing (Knuth): one multiplication, where the look-up's latency counts.
  CachedRuleEntry& entry = rule_cache[pc * 0x9e3779b97f4a7c15ULL >> (64 - kRuleCacheBits)];
  const std::uint64_t check = LoadRelaxed(entry.check), packed = LoadRelaxed(entry.rule);
  if ((check ^ Mixed(packed)) == (pc ^ LoadRelaxed(rule_era))) [[likely]]
    return UnpackRule(packed);
  return CacheRule(pc, entry);
}

/// Forgets every rule, and all that was found by them: a library was unloaded, and another may take its addresses. Is
/// called by CacheRule where it meets another library at a known place.
void InvalidateRules();

}  // namespace mqtrack::recorder
