// Whether memory can be read, asked of the kernel, so that an unwinder never faults in somebody else's service.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// True if the eight bytes at `address` can be read now. One system call; no descriptor, no lock; async-signal-safe;
/// errno is kept.
[[nodiscard]] bool IsReadable(std::uintptr_t address);

/// Reads words of the current thread's stack. Remembers in ThreadState which pages were found readable, so a thread
/// pays one system call per page of its stack, once. Works on any stack: a thread's, an alternate signal stack, a
/// coroutine's.
class StackWords {
 public:
  /// `stack_pointer`: an address on the page of which the thread is now executing.
  explicit StackWords(std::uintptr_t stack_pointer);
  /// False if the word at `address` is misaligned, below the stack pointer, or not readable.
  bool Read(std::uintptr_t address, std::uint64_t& word) {
    if (address < low_ || (address & 7) != 0 || (address + 8 > high_ && !Reach(address + 8))) [[unlikely]]
      return false;
    word = *reinterpret_cast<const std::uint64_t*>(address);
    return true;
  }
  /// All words from the stack pointer up to here can be read.
  [[nodiscard]] std::uintptr_t high() const { return high_; }
  /// True if all words up to `end` can be read; high() is then at least `end`.
  [[nodiscard]] bool Reach(std::uintptr_t end);

 private:
  std::uintptr_t low_, high_;
};

}  // namespace mqtrack::recorder
