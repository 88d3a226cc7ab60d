#include "preload/recorder/recorder.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include "preload/recorder/labels/region_stack.h"
#include "preload/recorder/live/sampled_blocks.h"
#include "preload/recorder/live/sampler.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/packets/packet_tracker.h"
#include "preload/recorder/stacks/recent_stacks.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/shared_count.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

// A thread may be renamed by prctl at any time: its name is read again after this many allocations.
constexpr std::uint16_t kNameReadEvery = 1024;

// A helper process that ends normally within this time leaves no log: a service that runs many would fill the
// directory.
constexpr std::uint64_t kShortLifeNanos = 1'000'000'000;

std::uint64_t HeapKey(const void* block) {
  return log::MakeKey(log::Kind::kHeapBlock, reinterpret_cast<std::uintptr_t>(block));
}

}  // namespace

constinit Recorder recorder;
constinit CallPaths call_paths;
static constinit RecentStacks recent_stacks;
constinit SampledBlocks sampled_blocks;
thread_local constinit ThreadState thread_state = {};

bool Recorder::Start(const LogSettings& settings, const char*& why) {
  InitialiseCfi();
  if (settings.filtered) Sandboxed();
  if (!log_.Create(settings, why)) return false;
  arena_.Create(log_);
  labels_.Create(log_, arena_);
  why = "no memory for the log's tables";
  if (!modules_.Create(log_) || !stacks_.Create(log_, arena_, modules_) || !live_.Create(log_)) {
    log_.Unlink();
    return false;
  }
  sample_bytes_ = settings.sample_bytes;
  recorded_kinds_ = settings.recorded_kinds;
  log_.header().recorded_kinds = recorded_kinds_;
  log_.header().left_out_kinds = settings.left_out_kinds;
  StoreRelease(log_.header().state, static_cast<std::uint32_t>(log::State::kRecording));
  recording_ = true;
  return true;
}

log::StackRecord* Recorder::StackOf(StartFrame caller) {
  if (full_stacks_) [[likely]] {
    log::StackId known = recent_stacks.Find(caller);
    if (known == log::StackId::kNone) [[unlikely]] {
      const std::uint64_t era = LoadAcquire(rule_era);
      known = call_paths.Find(caller);
      if (known != log::StackId::kNone) recent_stacks.Remember(caller, known, era);
    }
    if (known != log::StackId::kNone) [[likely]]
      return stacks_.RecordOf(known);
  }
  return UnwindStack(caller);
}

log::StackRecord* Recorder::UnwindStack(StartFrame caller) {
  const ErrnoKeeper keep_errno;
  std::uint64_t addresses[log::kMaxFrames];
  Unwound unwound;
  const std::uint64_t era = LoadAcquire(rule_era);
  std::uint32_t flags = 0;
  if (full_stacks_) [[likely]] {
    unwound = Unwind(caller, addresses, log::kMaxFrames);
    if (unwound.truncated) flags |= log::kStackTruncated;
    if (unwound.incomplete) flags |= log::kStackIncomplete;
  } else {
    addresses[0] = static_cast<const std::uint64_t*>(caller.frame)[1];
    unwound.depth = 1;
    flags = log::kStackEarly;
  }
  log::StackRecord* stack = stacks_.Intern(addresses, unwound.depth, flags);
  if (stack != nullptr) {
    call_paths.Remember(addresses, unwound, stacks_.IdOf(stack), era);
    return stack;
  }
  CountLoss(log::Loss::kStackFull);
  return stacks_.InternSynthetic(log::SyntheticStack::kUnknown);
}

void Recorder::ReadThreadName(ThreadState& thread) {
  if (thread.session != session_) {
    thread.labels = thread.name_labels = 0;
    thread.in_packet = InPacket::kNo;
  }
  thread.session = session_;
  thread.name_age = kNameReadEvery;
  if (sandboxed_) return;
  const ErrnoKeeper keep_errno;
  char name[16] = {};
  ::prctl(PR_GET_NAME, name, 0, 0, 0);
  name[15] = 0;
  const Label label = {log::LabelKey::kThread, name, ::strnlen(name, sizeof(name))};
  const log::LabelsId of_name = labels_.Intern(log::LabelsId::kNone, &label, 1);
  thread.name_labels = static_cast<std::uint32_t>(region_stack.depth == 0 ? of_name : WithRegion(of_name));
  thread.labels =
      thread.in_packet != InPacket::kLabelled
          ? thread.name_labels
          : static_cast<std::uint32_t>(labels_.Intern(static_cast<log::LabelsId>(thread.labels), &label, 1));
}

log::LabelsId Recorder::LabelsOf(ThreadState& thread) {
  if (thread.name_age == 0 || thread.session != session_) ReadThreadName(thread);
  if (thread.in_packet == InPacket::kUnlabelled) [[unlikely]]
    packet_tracker.LabelPacket();
  --thread.name_age;
  return static_cast<log::LabelsId>(thread.labels);
}

void Recorder::InsertRecord(std::uint64_t key, const LiveRecord& record) {
  switch (live_.Insert(key, record)) {
    case LiveTable::Inserted::kNew:
      break;
    case LiveTable::Inserted::kReplaced:
      AddRelaxed(log_.header().replaced, std::uint64_t{1});
      break;
    case LiveTable::Inserted::kNoRoom:
      CountLoss(log::Loss::kTableFull);
      AddRelaxed(log_.header().lost_bytes, record.bytes);
      break;
  }
}

LiveRecord Recorder::NewRecord(ThreadState& thread, std::uint64_t bytes) {
  LiveRecord record;
  record.bytes = bytes;
  record.generation = static_cast<std::uint32_t>(LoadRelaxed(log_.header().epoch));
  record.labels = LabelsOf(thread);
  return record;
}

void Recorder::RecordBlock(const void* block, std::uint64_t bytes, StartFrame caller) {
  ThreadState& thread = thread_state;
  if (!Records(log::Kind::kHeapBlock)) return;
  if (sample_bytes_ != 0 && !IsSampled(thread, bytes, sample_bytes_)) return;
  live_.Prefetch(HeapKey(block));
  LiveRecord record = NewRecord(thread, bytes);
  log::StackRecord* stack = StackOf(caller);
  if (stack != nullptr) {
    record.stack = stacks_.IdOf(stack);
    const std::uint64_t weight = sample_bytes_ != 0 ? SampleWeight(bytes, sample_bytes_) : 1;
    if (LoadRelaxed(stack->alloc_objects) == 0) [[unlikely]]
      StoreRelaxed(log_.header().heap_recorded, std::uint64_t{1});
    AddShared(stack->alloc_objects, weight);
    AddShared(stack->alloc_bytes, weight * bytes);
  }
  if (sample_bytes_ != 0) sampled_blocks.Add(block);
  InsertRecord(HeapKey(block), record);
}

bool Recorder::ForgetBlock(const void* block, LiveRecord* record) {
  if (!MayKnowBlock(block)) return false;
  if (live_.Remove(HeapKey(block), record)) [[likely]] {
    if (sample_bytes_ != 0) sampled_blocks.Remove(block);
    return true;
  }
  if (sample_bytes_ == 0) CountUnknownFree(block);
  return false;
}

void Recorder::RestoreBlock(const void* block, const LiveRecord& record) {
  const ErrnoKeeper keep_errno;
  if (sample_bytes_ != 0) sampled_blocks.Add(block);
  InsertRecord(HeapKey(block), record);
}

void Recorder::CountLoss(log::Loss reason, std::uint64_t count) {
  AddRelaxed(log_.header().losses[static_cast<std::size_t>(reason)], count);
}

void Recorder::Sandboxed() {
  sandboxed_ = true;
  live_.KeepSize();
  modules_.AskLoaderOnly();
}

void Recorder::ForgetSampledBlocks() { new (&sampled_blocks) SampledBlocks(); }

void Recorder::ThreadRenamed() { thread_state.name_age = 0; }

void Recorder::MarkEnded() {
  if (!recording_ || (!sandboxed_ && !log_.IsOfThisProcess())) return;
  const ErrnoKeeper keep_errno;
  log::Header& header = log_.header();
  const bool short_lived = !sandboxed_ && NowUnixNanos() - header.started_unix_ns < kShortLifeNanos;
  if (short_lived && header.last_snapshot_unix_ns == 0 && !log_.IsOfTheRoot()) {
    log_.Unlink();
    unlinked_ = true;
  }
  StoreRelaxed(header.ended_unix_ns, NowUnixNanos());
  StoreRelease(header.state, static_cast<std::uint32_t>(log::State::kEnded));
}

void Recorder::Resume() {
  if (!recording_ || sandboxed_ || !log_.IsOfThisProcess()) return;
  const ErrnoKeeper keep_errno;
  if (unlinked_ && !TakeOwnLog(live_.CountEvents())) {
    recording_ = false;
    return;
  }
  unlinked_ = false;
  StoreRelaxed(log_.header().ended_unix_ns, std::uint64_t{0});
  StoreRelease(log_.header().state, static_cast<std::uint32_t>(log::State::kRecording));
}

void Recorder::AddressSpaceLimited(std::uint64_t bytes) {
  const ErrnoKeeper keep_errno;
  if (recording_) log_.ReserveAtMost(bytes);
}

}  // namespace mqtrack::recorder
