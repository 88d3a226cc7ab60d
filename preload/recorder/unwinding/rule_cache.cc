#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

std::uint64_t FieldOf(std::int32_t offset, int bits) {
  return static_cast<std::uint64_t>(offset / cpu::kOffsetUnit) & ((std::uint64_t{1} << bits) - 1);
}

std::uint64_t Pack(const FrameRule& rule) {
  return static_cast<std::uint64_t>(rule.cfa) | static_cast<std::uint64_t>(rule.frame_pointer) << 3 |
         FieldOf(rule.frame_pointer_offset, kRuleFramePointerBits) << kRuleFramePointerShift |
         rule.return_place.Packed() << kRuleReturnPlaceShift | FieldOf(rule.cfa_offset, kRuleCfaBits) << kRuleCfaShift;
}

bool IsSame(const FrameRule& a, const FrameRule& b) {
  return a.cfa_offset == b.cfa_offset && a.frame_pointer_offset == b.frame_pointer_offset;
}

}  // namespace

constinit CodeOwners code_owners;
CachedRuleEntry rule_cache[std::size_t{1} << kRuleCacheBits];  // zero: touched page by page as code is met
std::uint64_t rule_era = 0x5bd1e995a7c3f00dULL;                // not 0, so that an empty entry never matches

FrameRule CacheRule(std::uint64_t pc, CachedRuleEntry& entry) {
  CodeRange object;
  const FrameRule rule = FindRule(pc, &object);
  if (object.end == 0) return rule;  // of no loaded object: whatever comes there next announces itself to nobody
  if (code_owners.Note(object)) InvalidateRules();
  const std::uint64_t packed = Pack(rule);
  if (cpu::kReturnPlaceVaries && !IsSame(UnpackRule(packed), rule)) return rule;  // a frame of megabytes
  StoreRelaxed(entry.rule, packed);
  StoreRelaxed(entry.check, pc ^ LoadRelaxed(rule_era) ^ Mixed(packed));
  return rule;
}

void InvalidateRules() { AddRelaxed(rule_era, std::uint64_t{0x9e3779b97f4a7c15ULL}); }

}  // namespace mqtrack::recorder
