// Our unwinder beside libunwind, on the stack that is there: for the referees, which call it from everywhere.
#pragma once

#include <cstdint>
#include <cstdio>

namespace mqtrack::recorder {

inline constexpr std::uint32_t kMostFrames = 128;
inline constexpr long kNotedIncomplete = 16;

/// What the comparisons have come to. Plain numbers, written in signal handlers: for one thread.
struct Tally {
  long compared = 0, incomplete = 0, wrong = 0, from_signals = 0;
  long incomplete_calls = 0;  // of the incomplete ones: where no signal struck
  long known_paths = 0, wrong_paths = 0;
  long recent = 0, wrong_recent = 0;
  std::uint64_t stopped_at[kNotedIncomplete] = {};       // where incomplete stacks ended
  std::uint64_t ours[kMostFrames], theirs[kMostFrames];  // the first wrong one
  std::uint32_t our_depth = 0, their_depth = 0;
};

/// Unwinds from the caller by both, looks the stack up among the paths known before and the stacks met lately (which
/// must lead to the same stack, or nowhere), and counts. Frames that ours leaves out must be below those it has: it may
/// end early, marked incomplete, and must never differ. Where a signal struck, such a stack may end with an address in
/// no object: on the way into an exception's handler, for one, nobody can tell the caller.
void CompareUnwinders(Tally& tally, bool in_signal);

/// Says what came of it, with the places where stacks ended early and the first wrong one side by side.
void PrintTally(std::FILE* out, const Tally& tally);

}  // namespace mqtrack::recorder
