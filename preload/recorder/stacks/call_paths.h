// Call paths met before: a trie that is walked in place of unwinding and looking the stack up.
//
// A node stands for the way from the leaf to one frame: the return addresses of all frames so far. It holds how to get
// to the caller's return address (the frame's FrameRule). Its children are the frames that were found there. So
// following a known path reads nothing but the return addresses on the stack, with one comparison each, and its end
// names the stack: no rule is looked up, nothing is hashed or compared again. It is exact: each step follows from the
// addresses read so far, as it does in an unwinder. A way that is not known is unwound, and then remembered.
//
//   root ── malloc's caller ── its caller ─┬─ … ── main: StackId 17
//                                          └─ … ── main: StackId 18
//
// A node's first child follows it in the array, so a path is read in the order of the memory, and the processor, having
// guessed right that it is the same path again, need not wait for one frame to find the next. Further children are a
// list of siblings; behind the first few of them, or of the root, they are hashed.
//
// Shared by all threads. Walking takes no lock: nodes do not change once they are linked; before they are used anew
// (a library was unloaded, or the array is full) the era is raised, and a walk that meets another era at its end than
// at its start is void. Remembering holds a flag; who finds it taken does not wait, and does not remember.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe. No member allocates.
class CallPaths {
 public:
  /// The stack that begins at `start`, if its path is known and still holds; kNone otherwise.
  [[nodiscard]] log::StackId Find(StartFrame start) const;

  /// Remembers the path of a stack that was unwound as `unwound` (only if it is `repeatable`) while the rules' era was
  /// `era` (rule_cache.h).
  void Remember(const std::uint64_t* addresses, const Unwound& unwound, log::StackId stack, std::uint64_t era);

  /// In a child of fork, alone.
  void RepairAfterFork();

 private:
  enum class Kind : std::uint64_t {
    kFromStackPointer,  // the caller's frame begins `delta` words above this one's
    kFromFramePointer,  // ... above the frame pointer
    kByRule,            // anything rarer: by its rule
    kEnd,               // no caller
  };
  struct Node {
    std::uint64_t step;     // return address (48 bits) | Kind (2 bits) | delta in words (14 bits)
    std::uint32_t sibling;  // the next child of the same parent; 0: none
    std::uint32_t detail;   // kEnd: the StackId; else where in the frame the frame pointer and the return address are
                            // saved (SavedPlaces in call_paths.cc)
  };
  static_assert(sizeof(Node) == 16);
  /// A child that its siblings' list has no room for: its return address | era << 48, parent << 32 | child.
  struct Link {
    std::uint64_t pc;
    std::uint64_t nodes;
  };
  static constexpr std::uint32_t kNodes = 1 << 17;
  static constexpr std::uint32_t kLinkBits = 14;
  static constexpr std::uint32_t kProbes = 8;
  static constexpr std::uint32_t kListed = 4;  // siblings in a list
  static constexpr std::uint32_t kRoot = 0;

  [[nodiscard]] std::uint32_t ChildOf(std::uint32_t node, std::uint64_t pc) const;
  [[nodiscard]] std::uint32_t LinkedChildOf(std::uint32_t node, std::uint64_t pc) const;
  [[nodiscard]] bool AddChild(std::uint32_t parent, std::uint64_t pc, std::uint32_t child);
  [[nodiscard]] std::uint64_t Tagged(std::uint64_t pc) const;
  [[nodiscard]] static Node MakeNode(std::uint64_t pc);
  void Enter(const std::uint64_t* addresses, const Unwound& unwound, log::StackId stack);
  void Clear(std::uint64_t rules);

  Node nodes_[kNodes] = {};  // zero pages until they are used
  Link links_[1 << kLinkBits] = {};
  std::uint32_t used_ = 0;         // of nodes_; 0: nothing was remembered yet
  std::uint32_t remembering_ = 0;  // 1: a thread changes the trie
  std::uint64_t era_ = 0;          // raised before nodes are used anew
  std::uint64_t rules_of_ = 0;     // the rules' era that the trie was made in
};

}  // namespace mqtrack::recorder
