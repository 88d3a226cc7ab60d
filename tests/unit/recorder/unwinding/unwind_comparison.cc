#include "tests/unit/recorder/unwinding/unwind_comparison.h"

#include <dlfcn.h>
#include <libunwind.h>

#include <algorithm>
#include <cstring>

#include "preload/recorder/stacks/call_paths.h"
#include "preload/recorder/stacks/recent_stacks.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {
namespace {

/// Here a stack's id is its hash.
CallPaths paths;
RecentStacks recent_stacks;
log::StackId IdOf(const std::uint64_t* addresses, const Unwound& unwound) {
  return static_cast<log::StackId>(static_cast<std::uint32_t>(log::HashStack(addresses, unwound.depth)) | 1);
}

/// libunwind gives the interrupted address itself, we give it plus one.
bool SameAddress(std::uint64_t ours, std::uint64_t theirs) { return ours == theirs || ours == theirs + 1; }

/// Whether the last address is in no object: ours keeps it, since code may be generated, where libunwind may drop it.
bool EndsOutsideCode(const std::uint64_t* addresses, const Unwound& unwound) {
  Dl_info info{};
  return unwound.depth > 0 && ::dladdr(reinterpret_cast<void*>(addresses[unwound.depth - 1] - 1), &info) == 0;
}

void PrintAddress(std::FILE* out, std::uint64_t address, int width) {
  Dl_info info{};
  char text[256] = "?";
  if (::dladdr(reinterpret_cast<void*>(address - 1), &info) != 0) {
    std::snprintf(text, sizeof text, "%s+%#lx (%s)", info.dli_fname,
                  static_cast<unsigned long>(address - 1 - reinterpret_cast<std::uint64_t>(info.dli_fbase)),
                  info.dli_sname != nullptr ? info.dli_sname : "");
  }
  std::fprintf(out, "%-*s", width, text);
}

}  // namespace

__attribute__((noinline, optimize("no-omit-frame-pointer"))) void CompareUnwinders(Tally& tally, bool in_signal) {
  std::uint64_t ours[kMostFrames];
  void* frames[kMostFrames];
  const Unwound unwound = Unwind({__builtin_frame_address(0)}, ours, kMostFrames);
  const int found = ::unw_backtrace(frames, kMostFrames);
  const auto depth = static_cast<std::uint32_t>(found > 0 ? found - 1 : 0);  // frames[0] is this function
  ++tally.compared;
  const log::StackId by_path = paths.Find({__builtin_frame_address(0)});
  tally.known_paths += by_path != log::StackId::kNone;
  tally.wrong_paths += by_path != log::StackId::kNone && by_path != IdOf(ours, unwound);
  paths.Remember(ours, unwound, IdOf(ours, unwound), rule_era);
  const log::StackId recent = recent_stacks.Find({__builtin_frame_address(0)});
  tally.recent += recent != log::StackId::kNone;
  tally.wrong_recent += recent != log::StackId::kNone && recent != IdOf(ours, unwound);
  if (by_path != log::StackId::kNone && recent == log::StackId::kNone)
    recent_stacks.Remember({__builtin_frame_address(0)}, by_path, rule_era);
  tally.from_signals += in_signal;
  tally.incomplete_calls += unwound.incomplete && !in_signal;
  if (unwound.incomplete) tally.stopped_at[tally.incomplete++ % kNotedIncomplete] = ours[unwound.depth - 1];
  bool same = unwound.incomplete ? unwound.depth <= depth + (in_signal && EndsOutsideCode(ours, unwound))
                                 : unwound.truncated || unwound.depth == depth;
  const std::uint32_t common = std::min(unwound.depth, depth);
  for (std::uint32_t i = 0; same && i < common; ++i)
    same = SameAddress(ours[i], reinterpret_cast<std::uint64_t>(frames[i + 1]));
  if (same || tally.wrong++ != 0) return;
  std::memcpy(tally.ours, ours, sizeof ours);
  for (std::uint32_t i = 0; i < depth; ++i) tally.theirs[i] = reinterpret_cast<std::uint64_t>(frames[i + 1]);
  tally.our_depth = unwound.depth;
  tally.their_depth = depth;
}

void PrintTally(std::FILE* out, const Tally& tally) {
  std::fprintf(out, "%ld stacks, %ld of them at arbitrary instructions: %ld incomplete (%.4f %%), %ld wrong\n",
               tally.compared, tally.from_signals, tally.incomplete,
               100.0 * static_cast<double>(tally.incomplete) / static_cast<double>(std::max(tally.compared, 1L)),
               tally.wrong);
  std::fprintf(out, "%ld of them by a path known before, %ld of these wrong\n", tally.known_paths, tally.wrong_paths);
  std::fprintf(out, "%ld of them met lately, %ld of these wrong\n", tally.recent, tally.wrong_recent);
  for (long i = 0; i < std::min(tally.incomplete, kNotedIncomplete); ++i) {
    std::fprintf(out, "  incomplete at ");
    PrintAddress(out, tally.stopped_at[i], 0);
    std::fprintf(out, "\n");
  }
  if (tally.wrong == 0) return;
  for (std::uint32_t i = 0; i < std::max(tally.our_depth, tally.their_depth); ++i) {
    std::fprintf(out, "  ");
    PrintAddress(out, i < tally.our_depth ? tally.ours[i] : 1, 60);
    std::fprintf(out, " | ");
    PrintAddress(out, i < tally.their_depth ? tally.theirs[i] : 1, 0);
    std::fprintf(out, "\n");
  }
}

}  // namespace mqtrack::recorder
