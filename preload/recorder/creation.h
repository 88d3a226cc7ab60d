// What is known of a thing at the moment when it is made: the stack that makes it, the generation, the labels of the
// thread.
#pragma once

#include <cstdint>

#include "preload/recorder/recorder.h"
#include "preload/recorder/stacks/call_paths.h"
#include "preload/recorder/stacks/recent_stacks.h"
#include "preload/recorder/thread_labels.h"
#include "preload/recorder/thread_state.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// What this process remembers of stacks. Apart from the recorder, since both are megabytes of zeros.
extern constinit CallPaths call_paths;
extern constinit RecentStacks recent_stacks;

/// A view of a recorder, for its parts. Members may be called from any thread and from signal handlers, allocate
/// nothing and never block; errno may change.
class Creation {
 public:
  explicit constexpr Creation(Recorder& owner) : recorder_(owner) {}

  /// A record, without its stack, of what `thread`, the calling one, makes now.
  [[nodiscard]] LiveRecord Describe(ThreadState& thread, std::uint64_t bytes) const {
    LiveRecord record;
    record.bytes = bytes;
    record.generation = static_cast<std::uint32_t>(LoadRelaxed(recorder_.header().epoch));
    record.labels = ThreadLabels(recorder_).Of(thread);
    return record;
  }
  /// The stack that begins at `caller`. Null if there is no memory for it.
  [[nodiscard]] log::StackRecord* StackOf(StartFrame caller) const {
    if (recorder_.uses_full_stacks()) [[likely]] {
      const log::StackId recent = recent_stacks.Find(caller);
      if (recent != log::StackId::kNone) [[likely]]
        return recorder_.stacks().RecordOf(recent);
    }
    return FindStack(caller);
  }

 private:
  [[nodiscard]] log::StackRecord* FindStack(StartFrame caller) const;
  [[nodiscard]] log::StackRecord* UnwindStack(StartFrame caller) const;

  Recorder& recorder_;
};

}  // namespace mqtrack::recorder
