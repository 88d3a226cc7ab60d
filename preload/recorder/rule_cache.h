// A cache from code address to FrameRule, shared by all threads without a lock.
//
// Each entry is two words: the packed rule, and the address combined with the rule by exclusive or (Robert Hyatt and Tim
// Mann, "A lockless transposition table"). A reader that meets a half-written entry computes another address than the one
// it looks for, and treats it as a miss. Entries are simply overwritten.
#pragma once

#include <cstdint>

#include "preload/recorder/cfi.h"

namespace mqtrack::recorder {

/// The rule at `pc`, from the cache or from FindRule. Thread-safe, async-signal-safe.
[[nodiscard]] FrameRule CachedRule(std::uint64_t pc);

/// Forgets every rule: a library was unloaded, and another may take its addresses.
void InvalidateRules();

}  // namespace mqtrack::recorder
