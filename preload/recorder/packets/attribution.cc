#include "preload/recorder/packets/attribution.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {

void NoteLoop(StartFrame hook) {
  ThreadState& thread = thread_state;
  const ReturnSlot slot = CallerReturnSlot(hook);
  thread.loop_slot = slot.address;
  thread.loop_return = slot.value;
}

bool IsLoopActive() {
  const ThreadState& thread = thread_state;
  if (thread.loop_slot == 0) return false;
  StackWords stack(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)));
  std::uint64_t now = 0;
  return stack.Read(thread.loop_slot, now) && cpu::ReturnAddressIn(now) == thread.loop_return;
}

void NoteLoopMutex(const void* mutex, StartFrame hook) {
  ThreadState& thread = thread_state;
  constexpr std::uintptr_t kFar = std::uintptr_t{1} << 20;  // that is not the same stack
  if (hook.return_address_place() - thread.loop_slot >= kFar) return;
  if (thread.loop_locks == 0) {
    // Read before the loop took any: then it locks in order to handle the packet, as client libraries do.
    if (thread.in_packet != InPacket::kNo) return;
    thread.loop_mutex = mutex;
  }
  if (thread.loop_mutex != mutex) return;
  if (thread.loop_locks < kMostLoopLocks) ++thread.loop_locks;
  if (thread.loop_locks == 1 && (thread.turn & kHandlesNext) != 0)
    PacketTracker::HandleReadAhead();
  else
    PacketLabels::End();
}

}  // namespace mqtrack::recorder
