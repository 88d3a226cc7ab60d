// Whether memory can be read, asked of the kernel, so that an unwinder never faults in somebody else's service.
//
// What has been readable need not be: a service may at any moment unmap or protect what lies above the frames of a
// coroutine, since other stacks lie there, and it may do so by system calls that nobody sees. So two kinds of stack are
// told apart:
//
//   the thread's own    from the stack pointer up to its top there are only frames that are yet to return, so all of it
//                       is there as long as the thread runs on it. Found to be so once, page by page, and remembered.
//   any other           of a coroutine, for signals: of the page under the stack pointer all can be read; every other
//                       page is asked about each time, by the walk that has reached a word on it, and nothing on it is
//                       touched before.
//
// A thread's own stack can have a hole: a service may divide a local array into stacks for coroutines. Calls that
// change memory where own stacks are raise an era, and what was found in another era counts for nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// True if the eight bytes at `address` can be read now. One system call; no descriptor, no lock; async-signal-safe;
/// errno is kept.
[[nodiscard]] bool IsReadable(std::uintptr_t address);

/// Copies memory that another thread may take away at any moment. False if not all of it could be read, or the kernel
/// does not let the process read itself. One system call that cannot fault; async-signal-safe; errno is kept.
[[nodiscard]] bool CopyIfReadable(std::uintptr_t address, void* to, std::size_t bytes);

/// Changes under way to memory where own stacks are, in the low half; those that have ended, above.
extern std::uint64_t stack_era;

/// Called once, where the recorder starts. By the main thread on its first stack, if that can be had: until that
/// thread has come by on it, every other thread's stack is treated as foreign.
void KnowMainThread();

/// As ReadableTo, of a stack pointer of which nothing is known yet.
[[nodiscard]] std::uintptr_t EnterStack(std::uintptr_t stack_pointer);

/// Up to where everything can be read from `stack_pointer` on, without asking: the top of the thread's own stack, or
/// the end of the page. `stack_pointer` is an address on a page that the calling thread is now executing on.
[[nodiscard]] inline std::uintptr_t ReadableTo(std::uintptr_t stack_pointer) {
  if (stack_pointer >= thread_state.stack_low && stack_pointer < thread_state.stack_high &&
      thread_state.stack_era == LoadRelaxed(stack_era)) [[likely]]
    return thread_state.stack_high;
  return EnterStack(stack_pointer);
}

/// False if the calling thread is on a stack of another kind than its own that has not `bytes` left below the frame of
/// the caller, as far as can be told: a signal stack, of which the kernel knows the bounds, or any above what cannot be
/// read. `may_ask`: the system call for the former may be made.
[[nodiscard]] bool HasRoom(std::uintptr_t bytes, bool may_ask);

/// Reads words of the current thread's stack, whichever it is: a thread's, an alternate signal stack, a coroutine's.
class StackWords {
 public:
  /// `stack_pointer`: an address on the page of which the thread is now executing.
  explicit StackWords(std::uintptr_t stack_pointer) : low_(stack_pointer), high_(ReadableTo(stack_pointer)) {}
  /// False if the word at `address` is misaligned, below the stack pointer, or not readable.
  bool Read(std::uintptr_t address, std::uint64_t& word) {
    if (address < low_ || (address & 7) != 0 || (address + 8 > high_ && !IsOnReadablePage(address))) [[unlikely]]
      return false;
    word = *reinterpret_cast<const std::uint64_t*>(address);
    return true;
  }
  /// All words from the stack pointer up to here can be read without asking.
  [[nodiscard]] std::uintptr_t high() const { return high_; }

 private:
  [[nodiscard]] bool IsOnReadablePage(std::uintptr_t address);

  std::uintptr_t low_, high_;
  std::uintptr_t page_ = 0;  // the last page that was asked about and can be read
};

/// To be there while memory is unmapped, protected or replaced: what was found of own stacks in this range counts for
/// nothing while it changes, and must be found anew. Cheap where there are none.
class StackChange {
 public:
  StackChange(const void* address, std::size_t bytes) : concerns_stacks_(ConcernsStacks(address, bytes)) {
    if (concerns_stacks_) Begin();
  }
  ~StackChange() {
    if (concerns_stacks_) End();
  }
  StackChange(const StackChange&) = delete;
  StackChange& operator=(const StackChange&) = delete;

  /// In a child of fork, alone: changes that other threads had under way do not end there.
  static void RepairAfterFork();

 private:
  [[nodiscard]] static bool ConcernsStacks(const void* address, std::size_t bytes);
  static void Begin();
  static void End();
  bool concerns_stacks_;
};

}  // namespace mqtrack::recorder
