// The recorder: what hooks call. One per process, in static storage, never destroyed.
//
// The order that makes it exact: a block is recorded after the real malloc returned it and forgotten before the real
// free takes it, so no other thread can own an address that the table still holds. realloc forgets first and restores
// on failure.
#pragma once

#include <cstdint>

#include "libtrack/log/environment.h"
#include "preload/recorder/labels/label_table.h"
#include "preload/recorder/labels/named_sets.h"
#include "preload/recorder/live/live_table.h"
#include "preload/recorder/live/sampled_blocks.h"
#include "preload/recorder/live/sampler.h"
#include "preload/recorder/log/arena.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/packets/packet_sets.h"
#include "preload/recorder/stacks/call_paths.h"
#include "preload/recorder/stacks/module_table.h"
#include "preload/recorder/stacks/stack_table.h"
#include "preload/recorder/thread_state.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

extern constinit SampledBlocks sampled_blocks;

/// All members may be called from any thread and from signal handlers, keep errno, allocate nothing, and never block.
class Recorder {
 public:
  /// Opens the log and starts recording, with callers only (kStackEarly) until UseFullStacks. Called once. On failure
  /// the recorder stays off and `why` says what is the matter.
  [[nodiscard]] bool Start(const LogSettings& settings, const char*& why);
  // restart.cc: in a process that was running before the recorder came, perhaps not for the first time.
  /// As Start, with a new log and nothing of the old one. No thread may be inside the recorder. On failure it stays
  /// off.
  [[nodiscard]] bool StartAgain(const LogSettings& settings, const char*& why);
  /// What the heap held before, as one entry with SyntheticStack::kBeforeAttach; 0: not known, no entry. `usable_bytes`
  /// tells how large a block is, so that frees of what was there can be taken off.
  void RecordHeapBefore(std::uint64_t bytes, std::size_t (*usable_bytes)(void* block));
  [[nodiscard]] const char* log_path() const { return log_.path(); }
  [[nodiscard]] bool IsInLog(std::uintptr_t address) const { return log_.Contains(address); }
  /// From now on stacks are unwound.
  void UseFullStacks() { full_stacks_ = true; }
  [[nodiscard]] bool recording() const { return recording_; }
  /// True if the process was running before the recorder came.
  [[nodiscard]] bool IsAttached() { return log_.header().origin == static_cast<std::uint32_t>(log::Origin::kAttach); }

  /// A heap block now exists. Called after the real allocation.
  void RecordBlock(const void* block, std::uint64_t bytes, StartFrame caller);
  /// True if nothing is to be recorded of this allocation: it is not sampled, or no heap block is recorded. Decides for
  /// most without a call.
  [[nodiscard]] bool PassesBy(ThreadState& thread, std::uint64_t bytes) const {
    if (!Records(log::Kind::kHeapBlock)) return true;
    return sample_bytes_ != 0 && IsBeforeSample(thread, bytes);
  }
  /// True if of heap blocks only samples are recorded.
  [[nodiscard]] bool SamplesBlocks() const { return Records(log::Kind::kHeapBlock) && sample_bytes_ != 0; }
  /// False: nothing is known of this block.
  [[nodiscard]] bool MayKnowBlock(const void* block) const {
    if (!Records(log::Kind::kHeapBlock)) return false;
    return sample_bytes_ == 0 || sampled_blocks.MayContain(block);
  }
  /// A heap block is about to be freed. Called before the real free. `record`, unless null, gets what was
  /// known; false if nothing was.
  bool ForgetBlock(const void* block, LiveRecord* record);
  /// The free did not happen after all (a failed realloc).
  void RestoreBlock(const void* block, const LiveRecord& record);

  /// True if things of this kind are recorded; where it is false, nothing is known of them.
  [[nodiscard]] bool Records(log::Kind kind) const { return (recorded_kinds_ & log::KindBit(kind)) != 0; }

  // resources.cc: every other kind of live thing. `handle` tells it from others of its kind, and one handle has one
  // writer at a time. `bytes` is what the thing holds (a thread's stack, a mapping), 0 if that means nothing. Labels
  // are added to those of the thread. Kinds that are not recorded are ignored.
  /// The thing now exists. Called after the real call made it.
  void RecordResource(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller,
                      const Label* labels = nullptr, std::size_t label_count = 0);
  /// The thing exists, and was made before the recorder was there: its stack is SyntheticStack::kBeforeAttach, or
  /// kInherited in a program that was started with the recorder.
  void RecordInherited(log::Kind kind, std::uint64_t handle, std::uint64_t bytes, const Label* labels = nullptr,
                       std::size_t label_count = 0);
  /// What RecordResource and RecordInherited would enter, for things that are entered by RestoreResource.
  [[nodiscard]] LiveRecord DescribeResource(std::uint64_t bytes, StartFrame caller, const Label* labels,
                                            std::size_t label_count);
  [[nodiscard]] LiveRecord DescribeInherited(std::uint64_t bytes, const Label* labels, std::size_t label_count);
  /// The thing is about to end. Called before the real call ends it. False if it was not known; that is not an error.
  bool ForgetResource(log::Kind kind, std::uint64_t handle, LiveRecord& record);
  /// True if the thing is known.
  [[nodiscard]] bool KnowsResource(log::Kind kind, std::uint64_t handle) const;
  /// It did not end after all.
  void RestoreResource(log::Kind kind, std::uint64_t handle, const LiveRecord& record);
  /// Gives a known thing further labels, or new values of those it has, in one step: others may forget or relabel it at
  /// the same time.
  bool RelabelResource(log::Kind kind, std::uint64_t handle, const Label* labels, std::size_t label_count);

  /// Forgets every thing of this kind whose handle `is_gone`. Only for a child of fork, before it has other threads.
  void ForgetWhere(log::Kind kind, bool (*is_gone)(std::uint64_t handle));

  /// True in a child of vfork, which runs in the memory of its parent: what it opens and closes is its own.
  [[nodiscard]] bool IsInChildOfVfork() const { return !sandboxed_ && !log_.IsOfThisProcess(); }
  [[nodiscard]] bool sandboxed() const { return sandboxed_; }

  /// In a new log, no block is sampled yet.
  static void ForgetSampledBlocks();

  // packet_labels.cc: what a thread makes while it handles an MQTT packet carries the packet's labels.
  /// True if packets are followed.
  [[nodiscard]] bool LabelsPackets() const { return (recorded_kinds_ & log::kPacketsBit) != 0; }
  /// The calling thread now handles a packet that it has read from this connection, whose sets are `known`.
  void BeginPacket(const Connection& connection, const Handling& handling, ConnectionSets& known);
  /// It is done with it. Cheap if it handled none.
  static void EndPacket() {
    if (thread_state.in_packet == InPacket::kNo) return;
    thread_state.in_packet = InPacket::kNo;
    thread_state.labels = thread_state.name_labels;
  }
  /// An MQTT connection can no longer be followed.
  void CountLostConnection();

  // regions.cc: what a thread makes in a region that the service has named carries its name. `token` is the address by
  // which the region is left; `frame` the hook's own, which tells regions that were left by longjmp.
  void EnterRegion(const void* token, const char* name, const void* frame);
  void LeaveRegion(const void* token, const void* frame);

  // own_resources.cc: resources of the service's own, by the name of their kind and a handle.
  void Acquire(const char* kind, std::uint64_t handle, std::uint64_t bytes, StartFrame caller);
  void Release(const char* kind, std::uint64_t handle);

  void CountLoss(log::Loss reason, std::uint64_t count = 1);
  /// This thread's name has changed.
  static void ThreadRenamed();
  /// The process is about to exit, or to become another program: marks the log as ended; recording goes on, since
  /// destructors still run. Does nothing in a child of vfork.
  void MarkEnded();
  /// The exec after MarkEnded has failed.
  void Resume();
  /// The service has forbidden itself system calls (seccomp): from now on the recorder makes only those that every
  /// allocator makes. Names of new threads, full paths of new libraries and the logs of children are the price.
  void Sandboxed();
  /// The service limits its address space to `bytes`.
  void AddressSpaceLimited(std::uint64_t bytes);

  // fork.cc: called around fork, on the forking thread.
  void BeforeFork();
  void AfterForkInParent();
  void AfterForkInChild();

 private:
  [[nodiscard]] log::StackRecord* StackOf(StartFrame caller);
  [[nodiscard]] log::StackRecord* UnwindStack(StartFrame caller);
  [[nodiscard]] log::LabelsId LabelsOf(ThreadState& thread);
  void ReadThreadName(ThreadState& thread);
  /// The calling thread is in another region than before.
  void ChangeRegion();
  /// `labels` with the region that the calling thread is in.
  [[nodiscard]] log::LabelsId WithRegion(log::LabelsId labels);
  /// Makes a log of this process's own, a copy of the one at hand. `events_before`: live_.CountEvents() before the
  /// fork.
  [[nodiscard]] bool TakeOwnLog(std::uint64_t events_before);
  [[nodiscard]] LiveRecord NewRecord(ThreadState& thread, std::uint64_t bytes);
  /// A block is about to be freed that is not in the table. Of an exact recording.
  void CountUnknownFree(const void* block);
  void InsertRecord(std::uint64_t key, const LiveRecord& record);

  // First what every allocation looks at, close together.
  alignas(64) std::uint64_t sample_bytes_ = 0;
  std::uint64_t recorded_kinds_ = 0;
  std::size_t (*usable_bytes_)(void* block) = nullptr;  // set if blocks from before an attach are counted
  std::uint32_t session_ = 0;  // how often it was started again: what threads keep of an older log means nothing
  bool recording_ = false;
  bool full_stacks_ = false;
  bool unlinked_ = false;  // by MarkEnded
  bool sandboxed_ = false;
  LiveTable live_;
  LogFile log_;
  Arena arena_;
  ModuleTable modules_;
  StackTable stacks_;
  LabelTable labels_;
  PacketSets packet_sets_;
  NamedSets named_sets_;
};

/// The one recorder of this process, and what it remembers of stacks (apart, since it is megabytes of zeros).
extern Recorder recorder;
extern CallPaths call_paths;

}  // namespace mqtrack::recorder
