// What the hooks keep of every thread that they started: a slot, from before the thread exists until it is known that
// nothing of it is left. The slot carries the start routine to the new thread, and its handle is what the recorder
// knows the thread by; pthread_t would not do, since it may be another thread's the moment after a join.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <cstdint>

#include "libtrack/log/attach_layout.h"

namespace mqtrack::hooks {

enum ThreadSlotState : std::uint32_t {
  kSlotFree = 0,
  kSlotTaken = 1,
  kSlotDetached = 2,
  kSlotEnded = 4,
  kSlotRetired = 8,  // nothing is left of the thread: the slot is about to be free
  kSlotClaimed = 16  // somebody who joins or detaches the thread knows its slot
};

struct ThreadSlot {
  std::uint32_t state;   // ThreadSlotState bits
  std::uint32_t rounds;  // of destructors of thread-specific data that have run at the thread's end
  std::uint32_t number;  // of this slot, from 1; never changes
  std::uint64_t handle;  // what the recorder knows the thread by
  std::uint64_t tid;     // not 0: it was there before the attach, and is known by this
  std::uint64_t order;   // in which threads began to run
  void* (*routine)(void*);
  void* argument;
};

/// Thread-safe, lock-free, async-signal-safe, apart from ResetSlotsAfterFork.
/// A slot in state kSlotTaken; null if there is no memory.
[[nodiscard]] ThreadSlot* TakeSlot();
/// The thread of `slot`, now running, is `thread`.
void PublishSlot(ThreadSlot& slot, pthread_t thread);
/// Of threads that were called `thread` one after the other, the first that has ended and whose slot nobody has
/// claimed. Null if there is none.
[[nodiscard]] ThreadSlot* FindEndedSlot(pthread_t thread);
/// Likewise the first that was there before the attach.
[[nodiscard]] ThreadSlot* FindSlotFromBefore(pthread_t thread);
/// True for the one caller that may forget the thread and then has to call FreeSlot.
[[nodiscard]] bool RetireSlot(ThreadSlot& slot);
void FreeSlot(ThreadSlot& slot);
/// Frees the slots of threads that have begun to run and are not among these. No hook may be at work.
void FreeSlotsOfOthers(const log::ThreadBefore* threads, std::size_t count);
/// In a child of fork: all threads but that of `survivor` (may be null) are gone.
void ResetSlotsAfterFork(const ThreadSlot* survivor);

}  // namespace mqtrack::hooks
