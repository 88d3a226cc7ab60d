// A lock for the few structures of the recorder that cannot do without one. What makes it safe in somebody else's
// service: while it is held, the thread takes no signal, so that no handler can find it held by the code that it
// interrupted, jump out of it, or cancel the thread in it; it is held for microseconds, over no call that could wait;
// and who does not get it within three seconds goes without, and does not wait again until it is free.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// Not recursive. Waiting sleeps, so a waiter of real-time priority lets the holder run. errno is kept.
class MaskedLock {
 public:
  /// Holds the lock while it lives, if it could be had.
  class Hold {
   public:
    explicit Hold(MaskedLock& lock) : lock_(lock), is_held_(lock.Lock(mask_)) {}
    ~Hold() {
      if (is_held_) lock_.Unlock(mask_);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    [[nodiscard]] bool is_held() const { return is_held_; }

   private:
    MaskedLock& lock_;
    std::uint64_t mask_ = 0;  // of signals, before
    bool is_held_;
  };

  /// In a child of fork, alone: frees it. True if another thread of the parent held it, and what it guards may be half
  /// changed.
  bool ResetAfterFork();

 private:
  [[nodiscard]] bool Lock(std::uint64_t& mask);
  void Unlock(std::uint64_t mask);
  [[nodiscard]] bool Wait();

  std::uint32_t word_ = 0;   // 0: free, 1: held, 2: held, and others may be waiting
  std::uint32_t stuck_ = 0;  // 1: somebody has waited in vain since it was last had
};

}  // namespace mqtrack::recorder
