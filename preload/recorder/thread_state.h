// What the recorder keeps per thread: some bytes of initial-exec TLS, trivially constructed and destroyed, so
// that touching it can neither allocate nor call back into the loader.
#pragma once

#include <cstdint>

namespace mqtrack::recorder {

/// What this thread is doing inside the recorder.
enum class Inside : std::uint8_t {
  kHost = 0,      // nothing: the service's own code
  kRealCall = 1,  // in the real allocator on behalf of a hook; nested calls are its own business
  kRecorder = 2,  // in the recorder's bookkeeping; only a signal handler can call in
  kSetup = 3,     // in initialisation; the recorder's own allocations pass through
};

/// Whether this thread handles an MQTT packet.
enum class InPacket : std::uint8_t {
  kNo = 0,
  kLabelled = 1,    // and `labels` are the packet's
  kUnlabelled = 2,  // its labels are looked up when they are needed: of most packets they are not
};

/// More are not told apart.
inline constexpr std::uint8_t kMostLoopLocks = 2;

/// What a thread did since it last looked for work, which begins a turn of its loop (attribution.h).
enum TurnFlags : std::uint8_t {
  kReadAhead = 1,    // the first thing it did in this turn has read from a connection what is handled later
  kHandlesNext = 2,  // that was in the last turn, and is the first thing to be handled in this one
  kInLoop = 4,       // its packet was read while the function that waited last was active
  kQueues = 8,       // ever: it has read until nothing came, or polled without waiting, as loops with queues do
};

/// Not aligned to a cache line: of a library that comes late, glibc takes the gap in front off what it has set aside
/// for the service's own late libraries.
struct ThreadState {
  Inside inside;
  std::uint8_t loop_locks;    // how often it has taken loop_mutex in this turn, at most kMostLoopLocks
  std::uint16_t name_age;     // allocations since the thread's name was last read
  std::uint32_t labels;       // LabelsId of this thread's label set: its name, and the packet that it handles, unless
                              // that is unlabelled
  std::uint32_t name_labels;  // LabelsId of its name alone
  std::uint32_t session;      // Recorder::session() that both are of
  InPacket in_packet;
  std::uint8_t in_tls;          // 1 inside SSL_read, whose own reads are ciphertext
  std::uint8_t in_levels;       // how many uses of several levels of the live table it is in the middle of
  std::uint8_t turn;            // TurnFlags
  std::uint32_t packet_number;  // if in_packet: Slot::packets of packet_from at that time
  std::uintptr_t entered_at;    // stack address of the hook that set `inside`: a hook called from above it knows that
                                // the setter was left by longjmp or an exception
  // Part of the thread's own stack, as readable.h found it while the stacks' era was `stack_era`; not before
  // `stack_hole` is any of it: what lies below is another stack, or not to be read.
  std::uintptr_t stack_low, stack_high, stack_hole;
  std::uint64_t stack_era;
  std::int64_t until_sample;     // bytes until the next sample (sampled mode)
  void* packet_from;             // if in_packet: the PacketTracker::Slot of the connection it was read from
  std::uint64_t random;          // state of the sampler's generator; 0: not seeded
  const void* library_function;  // of an MQTT client library, that a hook is calling (library_function.h)
  int fork_errno;                // before the fork
  std::uint32_t kernel_thread;   // what the kernel calls it, once an event of a timeline has asked; 0: nobody has
  struct ForkPage* fork_page;    // between the fork handlers: what parent and child share (fork_handlers.cc)
  // attribution.h
  std::uintptr_t loop_slot;   // where the return address of the function stands that waited last; 0: not known
  std::uint64_t loop_return;  // and which it is
  const void* queue_mutex;    // with which it has waited on a condition variable
  const void* loop_mutex;     // that its loop takes after waiting and after each thing that it has done
  const void* ahead_slot;     // PacketTracker::Slot that was read ahead, if the turn says so
};
static_assert(sizeof(ThreadState) == 152);

extern thread_local constinit ThreadState thread_state __attribute__((tls_model("initial-exec")));

}  // namespace mqtrack::recorder
