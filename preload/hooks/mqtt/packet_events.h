// Where the hooks of reading and waiting tell the packet tracker what the service got. Cheap if packets are not
// followed, or the descriptor carries no MQTT.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <cerrno>

#include "preload/hooks/hook_scope.h"
#include "preload/recorder/packets/attribution.h"
#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/packets/packet_tracker.h"

namespace mqtrack::hooks {

/// Looks the real functions of reading, writing and waiting up. Called once, when the recorder starts.
void ResolveReadFunctions();
void ResolveWriteFunctions();
void ResolveWaitFunctions();
void ResolveQueueFunctions();

/// True if what this thread reads or writes now is to be followed: it is the service's own code that does.
inline bool ArePacketsFollowed() {
  return recorder::LoadAcquire(gate.has_packets) != 0 && recorder::thread_state.inside == recorder::Inside::kHost &&
         recorder::thread_state.in_tls == 0;
}

/// A call that was given `room` bytes at `buffer` has returned `got`. Called after the real call; errno is kept.
inline void OnRead(int fd, const void* buffer, std::size_t room, ssize_t got) {
  if (!ArePacketsFollowed()) return;
  if (got > 0 && static_cast<std::size_t>(got) <= room) {
    recorder::packet_tracker.DescriptorRead(fd, buffer, static_cast<std::size_t>(got));
  } else if (got < 0) {
    if (errno != EINTR) recorder::packet_tracker.DescriptorGaveNothing(fd, errno == EAGAIN);
  } else if (room != 0) {
    recorder::packet_tracker.DescriptorGaveNothing(fd, false);
    recorder::packet_tracker.DescriptorChanged(fd);  // the peer has ended the connection
  }
}

/// The same of the recv family. What is only peeked at comes again.
inline void OnReceived(int fd, const void* buffer, std::size_t room, int flags, ssize_t got) {
  constexpr int kNotTheStream = MSG_PEEK | MSG_OOB | MSG_ERRQUEUE;
  if ((flags & kNotTheStream) != 0) return;
  if ((flags & MSG_TRUNC) != 0 && got > 0) {  // of TCP: thrown away by the kernel, not written to the buffer
    if (ArePacketsFollowed()) recorder::packet_tracker.DescriptorLost(fd);
    return;
  }
  OnRead(fd, buffer, room, got);
}

/// The same of calls that fill several pieces.
void OnReadIntoPieces(int fd, const iovec* pieces, std::size_t count, int flags, ssize_t got);

/// True if what is written to this descriptor need not be looked at: the hook may jump to the real function.
inline bool AreWritesIgnored(int fd) {
  return recorder::LoadAcquire(gate.is_open) != 0 &&
         (recorder::LoadAcquire(gate.has_packets) == 0 || recorder::packet_tracker.IgnoresWrites(fd));
}

/// A call has written the first `written` bytes at `buffer`; less than one if it failed. Called after the real call,
/// since the buffer may not be readable until that has said so; errno is kept.
inline void OnWritten(int fd, const void* buffer, ssize_t written) {
  if (written > 0 && ArePacketsFollowed())
    recorder::packet_tracker.DescriptorWritten(fd, buffer, static_cast<std::size_t>(written));
}

/// The same of calls that write several pieces.
void OnWrittenFromPieces(int fd, const iovec* pieces, std::size_t count, ssize_t written);

/// This thread is about to wait for its descriptors, by the call of a hook with this frame.
inline void OnWait(recorder::StartFrame frame) {
  if (recorder::LoadAcquire(gate.has_packets) == 0) return;
  recorder::PacketTracker::ThreadWaits();
  recorder::NoteLoop(frame);
}
/// It is about to look at them, or has looked, without waiting.
inline void OnLook(recorder::StartFrame frame) {
  if (recorder::LoadAcquire(gate.has_packets) != 0) recorder::NoteLoop(frame);
}
inline void OnLooked() {
  if (recorder::LoadAcquire(gate.has_packets) != 0) recorder::PacketTracker::ThreadPolled();
}
/// It is about to wait for something else than descriptors, or to accept a connection.
inline void OnOtherWork() {
  if (recorder::LoadAcquire(gate.has_packets) != 0) recorder::PacketLabels::End();
}

}  // namespace mqtrack::hooks
