// The one place that every opening and every closing of a descriptor passes, whatever call did it: socket, accept,
// open, pipe, dup, a descriptor that came in a message; close, dup2 over it, close_range, fclose. Who wants to follow
// descriptors (timers that are descriptors, MQTT connections) adds a line here, and need not know the calls.
//
// Not told: children of vfork, whose descriptors are not their parent's, and calls that the recorder itself makes.
#pragma once

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/timers/timer_descriptors.h"
#include "preload/recorder/packets/packet_tracker.h"

namespace mqtrack::hooks {

/// What a descriptor is: the label `fd_kind` of its sample. The order is that of kFdKindNames.
enum class FdKind : std::uint8_t { kTcp, kUdp, kUnix, kPipe, kEventFd, kEpoll, kTimerFd, kFile, kOther };
inline constexpr const char* kFdKindNames[] = {"tcp",   "udp",     "unix", "pipe", "eventfd",
                                               "epoll", "timerfd", "file", "other"};

/// True if anybody wants to hear of descriptors; where it is false, neither function below is called.
inline bool AreDescriptorsFollowed() {
  return recorder::recorder.Records(log::Kind::kDescriptor) || recorder::recorder.Records(log::Kind::kTimer) ||
         recorder::recorder.LabelsPackets();
}

/// `fd` has just been made, by a call that returned it. `copy_of`: the descriptor it was duplicated from, else -1.
/// Called on the thread that made it, also in signal handlers; errno is kept by the caller.
inline void OnDescriptorOpened(int fd, FdKind kind, int copy_of) {
  if (copy_of >= 0) TimerFdDuplicated(copy_of, fd);
  recorder::packet_tracker.DescriptorChanged(fd);
  if (kind == FdKind::kPipe || kind == FdKind::kEventFd || kind == FdKind::kTimerFd)
    recorder::packet_tracker.DescriptorWakes(fd);
}

/// `fd` is about to be closed: its number may be another descriptor's the moment after. Called before the real call,
/// once for each closing, also of numbers that are not open. Should the closing fail, which a program can tell only
/// from EBADF, OnDescriptorOpened is not called again. Of what dup2 replaces it is called once that has happened.
inline void OnDescriptorClosing(int fd) {
  TimerFdClosed(fd);
  recorder::packet_tracker.DescriptorChanged(fd);
}

}  // namespace mqtrack::hooks
