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
    if (address >= low_ && address + 8 <= high_ && (address & 7) == 0) [[likely]] {
      word = *reinterpret_cast<const std::uint64_t*>(address);
      return true;
    }
    return ReadBeyond(address, word);
  }

 private:
  bool ReadBeyond(std::uintptr_t address, std::uint64_t& word);
  std::uintptr_t low_, high_;
};

}  // namespace mqtrack::recorder
