// Until when what a thread makes is caused by the packet that it read last. A label that is wrong is worse than none,
// so whatever shows that the thread has gone on to something else ends the attribution:
//
// - it waits: for descriptors, on a condition variable, a semaphore or a futex, or it sleeps;
// - it takes the mutex with which it has waited on a condition variable before: that guards the queue that its work
//   comes from, and it need not wait if there is more;
// - its loop takes the mutex that it takes first after each wait, as Boost.Asio's does between any two handlers;
// - it accepts a connection, or closes the packet's own;
// - it reads from another connection, also if nothing comes, or from a timer, an eventfd or a pipe, which wake it;
// - the function that waited has returned, in which the packet was read: what an event loop does between two waits
//   besides handling descriptors. Known by the return address of that function, which stands on the stack for as long
//   as it is active, and is overwritten by the next call of its caller.
//
// A poll that does not wait ends it too, but for one case. Loops such as Boost.Asio's, known by that mutex, read at
// once when a handler asks for more, put what is to be done then at the end of a queue, and poll before they take it
// out. In between other things are handled, so what such a read gives has no labels at first. If the handler that has
// read was the first one after the last poll, then what comes first after the next one was put there by it, and has
// them. Only if there is one thread: else another one may have taken it. How many things the other handlers have put
// into the queue nobody can see, so nothing is known of these.
#pragma once

#include "preload/recorder/packets/packet_labels.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// The calling thread is about to wait for descriptors, or to look whether they are ready, in the function that has
/// called `hook`. Remembers that function.
void NoteLoop(StartFrame hook);

/// True if the function that waited last is still active.
[[nodiscard]] bool IsLoopActive();

/// A thing is about to be made: ends the packet if the loop it was read in has gone on without it.
inline void EndPacketOfOldLoop(const ThreadState& thread) {
  if ((thread.turn & kInLoop) != 0 && thread.in_packet != InPacket::kNo && !IsLoopActive()) PacketLabels::End();
}

/// The calling thread is about to take a mutex, by the call of a hook with this frame.
void NoteLoopMutex(const void* mutex, StartFrame hook);
inline void NoteMutex(const void* mutex, StartFrame hook) {
  const ThreadState& thread = thread_state;
  if (thread.in_packet != InPacket::kNo && thread.queue_mutex == mutex) {
    packet_labels.CountUnlabelled(log::Unlabelled::kQueued);
    return PacketLabels::End();
  }
  // Called by the function that calls the one which waits, or further out.
  if (hook.return_address_place() >= thread.loop_slot && thread.loop_slot != 0) NoteLoopMutex(mutex, hook);
}

}  // namespace mqtrack::recorder
