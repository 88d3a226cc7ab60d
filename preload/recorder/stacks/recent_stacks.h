// Stacks met lately: a guess of where the words lie that decide a stack, and one look with what they hold.
//
// Which frames a stack has follows from a few words of it: the return addresses, and the saved frame pointers and stack
// addresses that lead from one to the next. Allocations by one caller at one depth nearly always have those words in
// the same places. So what is kept for a caller and a depth is the places (a Shape), two of them at most; what is kept
// of a stack is a hash of what lies there (a Proof). An unwinder, and the walk along known call paths (call_paths.h)
// too, must learn of each frame before it can look for the next; here all words are read at once, without a decision.
//
//   shape:  caller 0x5581a2 | words 1, 9, 23, 31, ...   ->   hash of the words in these places   ->   stack 17
//
// The hash is multilinear over 64 bits (Carter and Wegman, "Universal classes of hash functions", 1979): stacks that
// differ in one word never have the same, others with a probability of about 2^-60 for each pair; an entry that another
// thread is writing is told in the same way. Words that hold stack addresses count relative to where the stack begins,
// so that threads share what is kept.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe; goes on in a child of fork. No member allocates.
class RecentStacks {
 public:
  /// The stack that begins at `start`, if it was met lately; kNone otherwise.
  [[nodiscard]] log::StackId Find(StartFrame start) const;

  /// The stack that begins at `start` is `stack`, a repeatable one (unwind.h), as was found while the rules' era was
  /// `era` (rule_cache.h). Unwinds it once more to learn what decides it. Where there are too many, only some are kept.
  void Remember(StartFrame start, log::StackId stack, std::uint64_t era);

 private:
  static constexpr std::uint32_t kGroups = 18;
  /// Places are counted in words from the start. Three in a group, above them the highest of them: a group is read as
  /// one, so that nothing is read beyond the stack while another thread writes the shape.
  struct Proof {
    std::uint64_t check;  // hash ^ era ^ stack
    std::uint64_t stack;  // StackId, above it the low half of the era: another era's may be overwritten
  };
  static constexpr std::uint32_t kNearProofs = 2;
  struct Shape {
    std::uint64_t tag;        // the caller and the depth
    std::uint64_t counts;     // groups of places of return addresses | groups of places of stack addresses << 8
    Proof near[kNearProofs];  // of the first stacks of this shape: most have one
    std::uint64_t groups[kGroups];
  };
  static_assert(sizeof(Shape) == 192);
  static constexpr int kShapeBits = 9, kProofBits = 12;
  static constexpr std::uint32_t kShapeWays = 2, kProofWays = 4;
  /// After one has taken another's place, so many are not kept: where there are too many for the tables, keeping all
  /// of them would cost more than it saves.
  static constexpr std::uint32_t kRest = 15;

  struct Draft;
  [[nodiscard]] static bool Describe(Draft& draft);
  [[nodiscard]] static std::uint64_t TagOf(StartFrame start);
  [[nodiscard]] static bool HashOf(const Shape& shape, StartFrame start, std::uint64_t readable_to,
                                   std::uint64_t& hash);
  [[nodiscard]] static std::uint32_t ShapesOf(std::uint64_t tag);
  [[nodiscard]] static std::uint32_t ProofsOf(std::uint64_t hash);
  template <std::uint32_t kCount>
  [[nodiscard]] static std::uint64_t StackIn(const Proof (&proofs)[kCount], std::uint64_t hash, std::uint64_t era);
  template <std::uint32_t kCount>
  [[nodiscard]] static Proof* FreeIn(Proof (&proofs)[kCount], std::uint64_t era);
  [[nodiscard]] bool Rests();
  [[nodiscard]] std::uint32_t Evict();
  [[nodiscard]] Shape& Keep(const Shape& shape);

  struct alignas(64) ProofSet {
    Proof proofs[kProofWays];
  };
  alignas(64) Shape shapes_[kShapeWays << kShapeBits] = {};  // zero pages until they are used
  ProofSet proofs_[1 << kProofBits] = {};
  std::uint32_t rest_ = 0;       // how many more are not kept
  std::uint32_t evictions_ = 0;  // both may lose a count, which harms nothing
};

}  // namespace mqtrack::recorder
