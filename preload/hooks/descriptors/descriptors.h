// What the hooks on descriptors tell the recorder. The number is the handle: it is forgotten before the real call that
// closes it and recorded after the real call that made it, so that a number which another thread gets the next moment
// is never in the table twice.
//
// All of it keeps errno and may be called on any thread, in signal handlers and in children of vfork, where it does
// nothing: what those close is not their parent's.
#pragma once

#include <sys/socket.h>

#include "preload/hooks/descriptors/descriptor_events.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// True if the calls are to be told of. Starts the recorder if this is the first call into the library.
inline bool FollowDescriptors() {
  if (phase == Phase::kCold) [[unlikely]]
    StartOnce();
  return IsRecorded() && AreDescriptorsFollowed();
}

// Each takes the frame of the hook, and is called only if FollowDescriptors().
void RecordOpened(int fd, FdKind kind, recorder::StartFrame frame, int copy_of = -1);
/// A connection that came in: its kind is that of the listening socket, its peer is asked for unless `peer` tells it.
void RecordAccepted(int fd, int listener, recorder::StartFrame frame, const sockaddr* peer, socklen_t peer_bytes);
/// A copy of `original`, of its kind.
void RecordCopy(int fd, int original, recorder::StartFrame frame);
/// `fd`, which may have been open, is now a copy of `original`.
void RecordReplaced(int fd, int original, recorder::StartFrame frame);
/// A descriptor of which nothing is known: it came in a message.
void RecordReceived(int fd, recorder::StartFrame frame);
void RecordConnected(int fd, const sockaddr* peer, socklen_t peer_bytes);
void RecordListening(int fd);

/// What was known of a descriptor that is about to be closed.
struct ClosingDescriptor {
  recorder::LiveRecord record;
  std::uint8_t kind = 0;
  bool known = false;
};
/// `fd` is about to be closed.
void RecordClosing(int fd, ClosingDescriptor& closing);
inline void RecordClosing(int fd) {
  ClosingDescriptor closing;
  RecordClosing(fd, closing);
}
/// It was not closed after all (freopen that failed).
void RestoreClosing(int fd, const ClosingDescriptor& closing);
/// Every descriptor from `first` to `last` is about to be closed.
void RecordClosingRange(unsigned first, unsigned last);

/// Enters what the process has open before the recorder hears of anything. Called once, while it starts.
void RecordInheritedDescriptors();

/// In a child of fork whose log is a copy, and which may have closed and opened some before it had that.
void ForgetDescriptorsAfterFork();

/// The end of every opening hook: records `fd` unless the call failed, and returns it.
inline int Opened(int fd, FdKind kind, recorder::StartFrame frame) {
  if (fd >= 0 && FollowDescriptors()) RecordOpened(fd, kind, frame);
  return fd;
}

}  // namespace mqtrack::hooks
