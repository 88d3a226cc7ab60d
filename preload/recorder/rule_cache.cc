#include "preload/recorder/rule_cache.h"

#include <cstddef>

#include "libtrack/log/layout.h"
#include "preload/recorder/atomic_field.h"

namespace mqtrack::recorder {
namespace {

struct Entry {
  std::uint64_t check;  // pc ^ rule ^ era
  std::uint64_t rule;
};
constexpr std::size_t kEntries = 1 << 14;
Entry entries[kEntries];   // zero: touched page by page as code is met
std::uint64_t era = 0x5bd1e995a7c3f00dULL;  // not 0, so that an empty entry never matches

// bits 0..2 cfa, bit 3 frame pointer saved, bits 4..31 its offset, bits 32..63 cfa offset
std::uint64_t Pack(const FrameRule& rule) {
  return static_cast<std::uint64_t>(rule.cfa) | static_cast<std::uint64_t>(rule.frame_pointer) << 3 |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(rule.frame_pointer_offset) & 0x0fffffff) << 4 |
         static_cast<std::uint64_t>(static_cast<std::uint32_t>(rule.cfa_offset)) << 32;
}

FrameRule Unpack(std::uint64_t packed) {
  FrameRule rule;
  rule.cfa = static_cast<FrameRule::Cfa>(packed & 7);
  rule.frame_pointer = static_cast<FrameRule::FramePointer>(packed >> 3 & 1);
  rule.frame_pointer_offset = static_cast<std::int32_t>(static_cast<std::uint32_t>(packed)) >> 4;
  rule.cfa_offset = static_cast<std::int32_t>(packed >> 32);
  return rule;
}

}  // namespace

FrameRule CachedRule(std::uint64_t pc) {
  Entry& entry = entries[log::Mix(pc) & (kEntries - 1)];
  const std::uint64_t tag = pc ^ LoadRelaxed(era);
  const std::uint64_t check = LoadRelaxed(entry.check), packed = LoadRelaxed(entry.rule);
  if ((check ^ packed) == tag) [[likely]] return Unpack(packed);
  const FrameRule rule = FindRule(pc);
  const std::uint64_t fresh = Pack(rule);
  StoreRelaxed(entry.rule, fresh);
  StoreRelaxed(entry.check, tag ^ fresh);
  return rule;
}

void InvalidateRules() { AddRelaxed(era, std::uint64_t{0x9e3779b97f4a7c15ULL}); }

}  // namespace mqtrack::recorder
