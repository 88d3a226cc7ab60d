// Which loaded object had which addresses when it was last looked at.
//
// dlclose is hooked, but the C library unloads objects by itself too (character conversion, name services), past every
// hook. That is noticed when another object is met where they were.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// The addresses of an object, and a number that another object at the same place will not have.
struct CodeRange {
  std::uint64_t start = 0, end = 0, print = 0;
};

/// Thread-safe, lock-free, async-signal-safe. Forgets the oldest when it is full.
class CodeOwners {
 public:
  /// Notes that the object is there. True if another one had some of its addresses before.
  bool Note(const CodeRange& object);
  /// In a child of fork, alone.
  void RepairAfterFork() { noting_ = 0; }

 private:
  static constexpr std::uint32_t kCapacity = 256;
  CodeRange ranges_[kCapacity] = {};
  std::uint32_t count_ = 0;   // places used
  std::uint32_t next_ = 0;    // to be used anew when all are
  std::uint32_t noting_ = 0;  // 1: a thread changes the list
};

}  // namespace mqtrack::recorder
