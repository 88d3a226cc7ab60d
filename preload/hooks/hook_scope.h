// Entry and exit of every hook.
//
// Hot-path rules, for this folder and preload/recorder:
//  1. No allocation, exception, stdio, iostream, standard container, std::function, local static, virtual call; no
//  getenv
//     after initialisation.
//  2. No lock that a signal, a fork or another thread could meet. Bounded work; on failure drop, count and go on.
//  3. thread_local only trivial and initial-exec.
//  4. Real functions are resolved eagerly; until then the bootstrap arena serves, and free knows it.
//  5. A guard in every hook that has something to do, and in all where the allocator is not glibc's; errno is the real
//  function's; everything may be called from a signal handler.
//  6. free: forget, then really free. malloc: really allocate, then record. realloc: forget, restore on failure.
//  7. Degrade to pass-through; never abort.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/live/sampler.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::hooks {

enum class Phase : std::uint32_t {
  kCold,      // nothing has been called yet
  kStarting,  // the real functions are being looked up, the log is being opened
  kRunning,
  kOff,  // pass-through for ever
};
extern std::atomic<Phase> phase;

/// What hooks look at first, in one cache line, on a page of its own that the kernel wipes in a child which was made
/// behind fork's back: all is 0 there, and the child is left alone.
struct alignas(recorder::cpu::kLargestPage) Gate {
  std::uint32_t is_own;        // 1 in the process that opened the log
  std::uint32_t is_open;       // 1 while hooks record
  std::uint32_t has_packets;   // 1 while MQTT packets are followed
  std::uint32_t is_late;       // 1 in a child of fork that has no log yet (late_log.h)
  std::uint32_t is_watched;    // 1 while such children may still want this process's log as it is: is_open is 0 then
  std::uint32_t has_shortcut;  // 1 while most calls of malloc and free pass through unguarded: see UpdateGate
  std::uint32_t is_counted;    // 1 in a process that is not recorded, once its run knows (without_log.h)
};
extern Gate gate __attribute__((visibility("hidden")));  // read before this library is relocated

/// True if there is a log and it is this process's to write.
inline bool IsRecorded() { return phase == Phase::kRunning && recorder::LoadAcquire(gate.is_own) != 0; }

/// See late_log.h.
void SettleForkSlowly();

/// Sets the rest of the gate by what the recorder and `phase` are now. Called whenever one of them has changed.
void UpdateGate();

/// Starts the recorder if this is the first call into the library. Returns once hooks can do their work, recorded or
/// not.
void StartOnce();

/// One hook's passage through the recorder. `frame` is the hook's own, MQTRACK_HOOK_FRAME.
class HookScope {
 public:
  explicit HookScope(recorder::StartFrame frame) : thread_(recorder::thread_state), frame_(frame) {
    if (recorder::LoadAcquire(gate.is_open) != 0 && thread_.inside == recorder::Inside::kHost) [[likely]] {
      passage_.records = true;
    } else {
      passage_ = EnterSlowly(thread_, frame_);
    }
    if (!passage_.records) return;
    thread_.inside = recorder::Inside::kRealCall;
    thread_.entered_at = frame_.address();
  }
  ~HookScope() { Leave(); }
  HookScope(const HookScope&) = delete;
  HookScope& operator=(const HookScope&) = delete;

  /// False: this call is to be passed through and nothing else.
  [[nodiscard]] bool records() const { return passage_.records; }

  /// For hooks that do not hold the guard over the real call, which may allocate what the service will free: the
  /// recorder itself is at work from here to the end of the scope. False as records() is.
  [[nodiscard]] bool EntersRecorder() {
    if (passage_.records) thread_.inside = recorder::Inside::kRecorder;
    return passage_.records;
  }

  /// The real allocator returned `block` (may be null).
  void Record(const void* block, std::size_t bytes) {
    if (!passage_.records || block == nullptr || recorder::heap_blocks.PassesBy(thread_, bytes)) return;
    thread_.inside = recorder::Inside::kRecorder;
    recorder::heap_blocks.Record(block, bytes, frame_);
  }
  /// `block` is about to be freed. What was known of it goes to `record`, unless null.
  bool Forget(const void* block, recorder::LiveRecord* record = nullptr) {
    if (!passage_.records || !recorder::heap_blocks.MayKnow(block)) return false;
    thread_.inside = recorder::Inside::kRecorder;
    const bool known = recorder::heap_blocks.Forget(block, record);
    thread_.inside = recorder::Inside::kRealCall;
    return known;
  }
  void Restore(const void* block, const recorder::LiveRecord& record) {
    if (passage_.records) recorder::heap_blocks.Restore(block, record);
  }
  /// Ends the passage before the scope does: for calls that may throw.
  void Leave() {
    if (!passage_.records) return;
    passage_.records = false;
    thread_.inside = passage_.outer.inside;
    if (passage_.outer.inside != recorder::Inside::kHost) [[unlikely]]
      thread_.entered_at = passage_.outer.entered_at;
  }

 private:
  /// What a signal handler that interrupted the recorder must leave as it was.
  struct Outer {
    recorder::Inside inside = recorder::Inside::kHost;
    std::uintptr_t entered_at;
  };
  struct Passage {
    bool records = false;
    Outer outer;
  };
  // Does not take the scope's address: it lives in registers.
  [[nodiscard]] static Passage EnterSlowly(recorder::ThreadState& thread, recorder::StartFrame frame);

  recorder::ThreadState& thread_;
  recorder::StartFrame frame_;
  Passage passage_;
};

/// True if nothing at all is to be done for an allocation of `bytes`, which is then counted: the hook may jump to the
/// real function, without any guard. Most calls of a sampled recording.
inline bool PassesUnseen(std::uint64_t bytes) {
  recorder::ThreadState& thread = recorder::thread_state;
  return recorder::LoadAcquire(gate.has_shortcut) != 0 && thread.inside == recorder::Inside::kHost &&
         recorder::IsBeforeSample(thread, bytes);
}
/// The same of a free.
inline bool IsFreedUnseen(const void* block) {
  return recorder::LoadAcquire(gate.has_shortcut) != 0 && recorder::thread_state.inside == recorder::Inside::kHost &&
         !recorder::sampled_blocks.MayContain(block);
}

/// The frame of the hook itself, for HookScope. A macro because it must be evaluated in the hook.
#define MQTRACK_HOOK_FRAME MQTRACK_THIS_FRAME

}  // namespace mqtrack::hooks
