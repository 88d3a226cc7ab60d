// Marks what must not be interrupted by a shrinking live table.
#pragma once

#include <atomic>

#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {

/// While one lives, this thread is looking at several levels of the live table, and a signal handler that interrupts it
/// withdraws none, nor moves anything from one to another. To be made before the number of levels is read. Should a
/// handler leave the thread's work for ever by longjmp just here, the table will not shrink again: it keeps what it
/// has, and is as right as before.
class InLevels {
 public:
  InLevels() : InLevels(true) {}
  /// Marks nothing unless `several`: for who has found that there is but one level.
  explicit InLevels(bool several) : several_(several) {
    thread_state.in_levels += several_;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ~InLevels() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread_state.in_levels -= several_;
  }
  InLevels(const InLevels&) = delete;
  InLevels& operator=(const InLevels&) = delete;

 private:
  const bool several_;
};

}  // namespace mqtrack::recorder
