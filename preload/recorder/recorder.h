// The recorder: owns the log, the tables in it, and what is decided for all of a process: whether it records, and what.
// One per process, in static storage, never destroyed.
//
// What hooks call are the parts around the recorder, each a view of it: heap_blocks.h, resources.h, own_resources.h,
// labels/regions.h, packets/packet_labels.h, fork_handlers.h.
#pragma once

#include <cstdint>

#include "libtrack/log/environment.h"
#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/labels/named_sets.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/log/arena.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/packets/packet_sets.h"
#include "preload/recorder/stacks/module_table.h"
#include "preload/recorder/stacks/stack_table.h"
#include "preload/recorder/trace/trace_ring.h"

namespace mqtrack::recorder {

/// All members but StartAgain may be called from any thread and from signal handlers, keep errno, allocate nothing, and
/// never block.
class Recorder {
 public:
  /// Opens the log and starts recording, with callers only (kStackEarly) until UseFullStacks. Called once. On failure
  /// the recorder stays off and `why` says what is the matter.
  [[nodiscard]] bool Start(const LogSettings& settings, const char*& why);
  /// As Start, with a new log and nothing of the old one: in a process that was running before the recorder came,
  /// perhaps not for the first time. No thread may be inside the recorder. On failure the recorder stays off.
  [[nodiscard]] bool StartAgain(const LogSettings& settings, const char*& why);
  /// From now on stacks are unwound.
  void UseFullStacks() { full_stacks_ = true; }
  [[nodiscard]] bool uses_full_stacks() const { return full_stacks_; }

  [[nodiscard]] bool recording() const { return recording_; }
  /// In a child of fork that has no log yet; and when it has.
  void Pause() { recording_ = false; }
  void GoOn() { recording_ = true; }
  /// In a child of fork, before all else: what is asked of the parent is not asked of the child.
  void EndTrace() { trace_.Stop(); }
  /// In a child of fork that gets no log of its own: from now on nothing of the parent's can change.
  void LeaveLog();
  /// In a child of fork that has a log: all that is in it was inherited. Only where logs are kept for snapshots at the
  /// end, which do not tell it as the child's own.
  void MarkInherited();
  /// True if things of this kind are recorded; where Records is false, nothing is known of them.
  [[nodiscard]] bool Records(log::Kind kind) const { return (recorded_kinds_ & log::KindBit(kind)) != 0; }
  /// True if packets are followed.
  [[nodiscard]] bool LabelsPackets() const { return (recorded_kinds_ & log::kPacketsBit) != 0; }
  /// Mean bytes between two blocks that are recorded; 0: every block is.
  [[nodiscard]] std::uint64_t sample_bytes() const { return sample_bytes_; }
  /// How often the recorder was started again: what threads keep of an older log means nothing.
  [[nodiscard]] std::uint32_t session() const { return session_; }
  /// True if the process was running before the recorder came.
  [[nodiscard]] bool IsAttached() const {
    return log_.header().origin == static_cast<std::uint32_t>(log::Origin::kAttach);
  }
  /// True in a child of vfork, which runs in the memory of its parent: what it opens and closes is its own.
  [[nodiscard]] bool IsInChildOfVfork() const { return !sandboxed_ && !log_.IsOfThisProcess(); }

  /// The process is about to exit, or to become another program: marks the log as ended; recording goes on, since
  /// destructors still run. Does nothing in a child of vfork.
  enum class End { kExit, kExec };
  void MarkEnded(End end);
  /// The exec after MarkEnded has failed.
  void Resume();
  /// The service has forbidden itself system calls (seccomp): from now on the recorder makes only those that every
  /// allocator makes. Names of new threads, full paths of new libraries and the logs of children are the price.
  void Sandboxed();
  [[nodiscard]] bool sandboxed() const { return sandboxed_; }
  /// The service limits its address space to `bytes`.
  void AddressSpaceLimited(std::uint64_t bytes);

  /// In a child of fork, alone: makes a log of this process's own, a copy of the one at hand. `events_before`:
  /// live().CountEvents() before the fork. `others`: true if the one it is copied from may have other threads.
  [[nodiscard]] bool TakeOwnLog(std::uint64_t events_before, bool others);
  /// As `events_before`: the log is known not to have changed since.
  static constexpr std::uint64_t kNothingHappened = ~std::uint64_t{0};

  [[nodiscard]] const char* log_path() const { return log_.path(); }
  [[nodiscard]] bool IsInLog(std::uintptr_t address) const { return log_.Contains(address); }
  void CountLoss(log::Loss reason, std::uint64_t count = 1);

  // For the parts.
  [[nodiscard]] LogFile& log() { return log_; }
  [[nodiscard]] log::Header& header() const { return log_.header(); }
  [[nodiscard]] LiveTable& live() { return live_; }
  [[nodiscard]] TraceRing& trace() { return trace_; }
  [[nodiscard]] StackTable& stacks() { return stacks_; }
  [[nodiscard]] LabelTable& labels() { return labels_; }
  [[nodiscard]] PacketSets& packet_sets() { return packet_sets_; }
  [[nodiscard]] NamedSets& named_sets() { return named_sets_; }
  /// Enters a thing into the live table, or counts why that was not possible.
  void Insert(std::uint64_t key, const LiveRecord& record) {
    const LiveTable::Inserted inserted = live_.Insert(key, record);
    if (inserted != LiveTable::Inserted::kNew) [[unlikely]]
      CountInserted(inserted, record);
  }

 private:
  void CountInserted(LiveTable::Inserted inserted, const LiveRecord& record);

  // First what every allocation looks at, close together.
  alignas(64) std::uint64_t sample_bytes_ = 0;
  std::uint64_t recorded_kinds_ = 0;
  std::uint32_t session_ = 0;
  bool recording_ = false;
  bool full_stacks_ = false;
  bool unlinked_ = false;  // by MarkEnded
  bool sandboxed_ = false;
  TraceRing trace_;
  LiveTable live_;
  LogFile log_;
  Arena arena_;
  ModuleTable modules_;
  StackTable stacks_;
  LabelTable labels_;
  PacketSets packet_sets_;
  NamedSets named_sets_;
};

/// The one recorder of this process.
extern Recorder recorder;

}  // namespace mqtrack::recorder
