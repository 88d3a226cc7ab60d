#include "preload/recorder/recorder.h"

#include <new>

#include "preload/recorder/live/in_levels.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/log/run_tally.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/shared_count.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/code_ranges.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

// A helper process that ends normally within this time leaves no log: a service that runs many would fill the
// directory.
constexpr std::uint64_t kShortLifeNanos = 1'000'000'000;

}  // namespace

constinit Recorder recorder;

bool Recorder::Start(const LogSettings& settings, const char*& why) {
  InitialiseCfi();
  KnowMainThread();
  if (settings.filtered) Sandboxed();
  if (!log_.Create(settings, why)) return false;
  arena_.Create(log_);
  labels_.Create(log_, arena_);
  why = "no memory for the log's tables";
  if (!modules_.Create(log_) || !stacks_.Create(log_, arena_, modules_) || !live_.Create(log_)) {
    log_.Unlink();
    log_.Unmap();  // the service may limit its address space
    return false;
  }
  sample_bytes_ = settings.sample_bytes;
  recorded_kinds_ = settings.recorded_kinds;
  log_.header().recorded_kinds = recorded_kinds_;
  log_.header().left_out_kinds = settings.left_out_kinds;
  trace_.Start(log_);
  StoreRelease(log_.header().state, static_cast<std::uint32_t>(log::State::kRecording));
  recording_ = true;
  return true;
}

bool Recorder::StartAgain(const LogSettings& settings, const char*& why) {
  const ErrnoKeeper keep_errno;
  const std::uint32_t session = session_ + 1;
  log_.Unmap();
  new (this) Recorder();
  session_ = session;
  InvalidateRules();  // libraries may have gone while nobody watched
  return Start(settings, why);
}

bool Recorder::TakeOwnLog(std::uint64_t events_before, bool others) {
  const InLevels in_levels;  // a handler must not give back what is being copied
  const char* why = nullptr;
  if (!log_.Replace(why)) return false;
  trace_.Start(log_);
  if (others) arena_.LeaveChunk();
  stacks_.RepairAfterFork();
  modules_.RepairAfterFork();
  labels_.RepairAfterFork();
  packet_sets_.RepairAfterFork(labels_);
  named_sets_.RepairAfterFork(labels_);
  live_.TakeOver();
  const std::uint64_t events_during = events_before != kNothingHappened ? live_.CountEvents() - events_before : 0;
  live_.RepairAfterFork(stacks_, labels_, events_during != 0);
  // Losses are kept: what the parent did not know of its heap, the child does not know either.
  if (events_during != 0) CountLoss(log::Loss::kForkWindow, events_during);
  return true;
}

void Recorder::LeaveLog() {
  const ErrnoKeeper keep_errno;
  recording_ = false;
  trace_.Stop();
  if (!sandboxed_) log_.LetGo();  // else it is protected by a call that the allocator makes too
}

void Recorder::MarkInherited() {
  if (!log_.settings().keep_log) return;
  log::Header& header = log_.header();
  const std::uint64_t epoch = LoadRelaxed(header.epoch);
  if (epoch >= log::kMaxGeneration) return;
  StoreRelaxed(header.epoch, epoch + 1);
  StoreRelaxed(header.own_from, epoch + 1);
}

void Recorder::CountInserted(LiveTable::Inserted inserted, const LiveRecord& record) {
  if (inserted == LiveTable::Inserted::kReplaced) {
    AddRelaxed(log_.header().replaced, std::uint64_t{1});
  } else if (inserted == LiveTable::Inserted::kNoRoom) {
    CountLoss(log::Loss::kTableFull);
    AddRelaxed(log_.header().lost_bytes, record.bytes);
  }
}

void Recorder::CountLoss(log::Loss reason, std::uint64_t count) {
  const bool is_full = reason == log::Loss::kTableFull || reason == log::Loss::kStackFull;
  if (is_full && log_.KeepsRoomFree()) reason = log::Loss::kKeptFree;
  AddRelaxed(log_.header().losses[static_cast<std::size_t>(reason)], count);
}

void Recorder::Sandboxed() {
  sandboxed_ = true;
  live_.KeepSize();
  log_.AskNoMore();
  modules_.AskLoaderOnly();
  ForgoCodeRanges();
}

void Recorder::MarkEnded(End end) {
  if (!recording_ || (!sandboxed_ && !log_.IsOfThisProcess())) return;
  const ErrnoKeeper keep_errno;
  log::Header& header = log_.header();
  const bool short_lived = !sandboxed_ && NowUnixNanos() - header.started_unix_ns < kShortLifeNanos;
  const bool is_wanted = log_.settings().keep_log || header.last_snapshot_unix_ns != 0 || log_.IsOfTheRoot();
  if (short_lived && !is_wanted && !unlinked_) {
    log_.Unlink();
    unlinked_ = true;
    if (end == End::kExit) CountWithoutLog(WithoutLog::kShortLife, header.comm);
  }
  // The program that comes, if it is recorded, makes its own log in the place of this one.
  StoreRelaxed(header.executed, std::uint64_t{end == End::kExec ? 1U : 0U});
  StoreRelaxed(header.ended_unix_ns, NowUnixNanos());
  StoreRelease(header.state, static_cast<std::uint32_t>(log::State::kEnded));
}

void Recorder::Resume() {
  if (!recording_ || sandboxed_ || !log_.IsOfThisProcess()) return;
  const ErrnoKeeper keep_errno;
  if (unlinked_ && !TakeOwnLog(live_.CountEvents(), !IsOnlyThread())) {
    recording_ = false;
    return;
  }
  unlinked_ = false;
  StoreRelaxed(log_.header().executed, std::uint64_t{0});
  StoreRelaxed(log_.header().ended_unix_ns, std::uint64_t{0});
  StoreRelease(log_.header().state, static_cast<std::uint32_t>(log::State::kRecording));
}

void Recorder::AddressSpaceLimited(std::uint64_t bytes) {
  const ErrnoKeeper keep_errno;
  log_.ReserveAtMost(bytes);
}

}  // namespace mqtrack::recorder
