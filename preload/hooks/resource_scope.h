// The guard of hooks that record things other than heap blocks. Unlike HookScope it is held only while the recorder
// works, never over the real call: accept, connect and close may block for ever, be cancelled, or be interrupted by a
// handler whose allocations count like all others.
#pragma once

#include "preload/hooks/process/late_log.h"
#include "preload/recorder/unwinding/start_frame.h"

namespace mqtrack::hooks {

/// One visit to the recorder. It may interrupt another one, or the real allocator: close is allowed in signal handlers.
class ResourceScope {
 public:
  explicit ResourceScope(recorder::StartFrame frame) : thread_(recorder::thread_state) {
    if (thread_.inside != recorder::Inside::kSetup) SettleFork();
    if (!IsRecorded() || !recorder::recorder.recording() || thread_.inside == recorder::Inside::kSetup) return;
    outer_ = {thread_.inside, thread_.entered_at};
    thread_.inside = recorder::Inside::kRecorder;
    thread_.entered_at = frame.address();
    records_ = true;
  }
  ~ResourceScope() {
    if (!records_) return;
    thread_.inside = outer_.inside;
    if (outer_.inside != recorder::Inside::kHost) thread_.entered_at = outer_.entered_at;
  }
  ResourceScope(const ResourceScope&) = delete;
  ResourceScope& operator=(const ResourceScope&) = delete;

  /// False: nothing is to be recorded.
  [[nodiscard]] bool records() const { return records_; }

 private:
  struct Outer {
    recorder::Inside inside;
    std::uintptr_t entered_at;
  };

  recorder::ThreadState& thread_;
  Outer outer_;
  bool records_ = false;
};

}  // namespace mqtrack::hooks
