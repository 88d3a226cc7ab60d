// timerfds are timers and descriptors at once. timerfd_hooks.cc records the timer when one is made; what happens to the
// descriptor afterwards is heard of here, by way of descriptor_events.h.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace mqtrack::hooks {

/// `fd` is about to be closed, or replaced by dup2, in this process. Called before the real call, for any descriptor:
/// those that are no timers cost next to nothing. The timer ends with the last descriptor that refers to it.
void TimerFdClosed(int fd);

/// `copy` has just been made to refer to what `fd` refers to, by dup and its kin. Also for any descriptor.
void TimerFdDuplicated(int fd, int copy);

/// The service has read `buffer` from `fd`, any descriptor: of a timerfd it says how often that has expired meanwhile.
void TimerFdRead(int fd, const void* buffer);
inline void OnTimerRead(int fd, const void* buffer, ssize_t got) {
  if (got == sizeof(std::uint64_t)) TimerFdRead(fd, buffer);
}

}  // namespace mqtrack::hooks
