#include "preload/recorder/trace/trace_ring.h"

#include <sys/syscall.h>
#include <time.h>

#include <cstring>

#include "preload/recorder/recorder.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/sync/shared_count.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {
namespace {

using log::TraceControl;
using log::TraceEvent;
using log::TraceState;

static_assert(sizeof(log::Header) <= log::kTraceControlOffset &&
              log::kTraceControlOffset + sizeof(TraceControl) <= log::kHeaderBytes);

/// Other threads are faster no more often than this, or the event is dropped.
constexpr int kMostAttempts = 64;

std::uint64_t NowMonotonicNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

/// What the kernel calls the calling thread. A service that has forbidden itself system calls is not asked for one:
/// there, a number that no thread of the kernel has.
std::uint32_t OwnThread() {
  ThreadState& thread = thread_state;
  if (thread.kernel_thread == 0) {
    constexpr std::uint32_t kMadeUp = 1u << 31;
    const auto place = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(&thread) >> 6);
    thread.kernel_thread = recorder.sandboxed() ? kMadeUp | place : static_cast<std::uint32_t>(KernelCall(SYS_gettid));
  }
  return thread.kernel_thread;
}

std::uint64_t RingBytes(std::uint64_t asked) {
  std::uint64_t bytes = log::kSmallestTraceRing;
  while (bytes < asked && bytes < log::kLargestTraceRing) bytes *= 2;
  return bytes;
}

/// As much of `text` as there is room for.
std::uint8_t Put(TraceEvent& event, std::size_t at, std::size_t room, const TraceText& text) {
  const std::size_t bytes = text.bytes < room ? text.bytes : room;
  if (bytes < text.bytes) event.flags |= log::kTraceTextCut;
  if (bytes != 0) std::memcpy(event.text + at, text.data, bytes);
  return static_cast<std::uint8_t>(bytes);
}

}  // namespace

void TraceRing::Start(LogFile& log) {
  log_ = &log;
  control_ = log.At<TraceControl>(log::kTraceControlOffset);
  events_ = nullptr;
  is_making_ = 0;
  *control_ = {};
  StoreRelease(control_->can_trace, log::kTraceVersion);
  wanted_ = &control_->wanted;
}

/// Makes the ring if there is none. False: there is none, or another thread is making it. Nothing that the log says is
/// relied on: others can write to it.
bool TraceRing::IsReady() {
  if (LoadAcquire(events_) != nullptr) [[likely]]
    return true;
  TraceControl& control = *control_;
  const auto say = [&control](TraceState state) { StoreRelease(control.state, static_cast<std::uint32_t>(state)); };
  if (LoadAcquire(control.state) != static_cast<std::uint32_t>(TraceState::kNone) || !Swap(is_making_, 0u, 1u))
    return false;
  say(TraceState::kMaking);
  const std::uint64_t bytes = RingBytes(LoadRelaxed(control.ring_bytes));
  const std::uint64_t offset = log_->Commit(bytes);
  if (offset == 0) {
    say(TraceState::kNoRoom);
    StoreRelease(is_making_, 0u);
    return false;
  }
  count_ = bytes / sizeof(TraceEvent);
  StoreRelaxed(control.ring_offset, offset);
  StoreRelaxed(control.ring_events, static_cast<std::uint32_t>(count_));
  StoreRelease(events_, log_->At<TraceEvent>(offset));
  say(TraceState::kReady);
  return true;
}

/// False if nothing was heard of the command for too long: then nothing is wanted any more.
bool TraceRing::IsStillWanted(std::uint64_t now) const {
  TraceControl& control = *control_;
  const std::uint64_t beat = LoadRelaxed(control.beat);
  if (beat != LoadAcquire(control.seen_beat)) {
    StoreRelaxed(control.seen_ns, now);
    StoreRelease(control.seen_beat, beat);
    return true;
  }
  // Signed: another thread may have seen the beat a moment later.
  if (static_cast<std::int64_t>(now - LoadRelaxed(control.seen_ns)) <= log::kTraceSilenceNanos) return true;
  StoreRelaxed(control.wanted, 0u);
  return false;
}

/// Null if there is no room.
TraceEvent* TraceRing::Claim(std::uint64_t& position) const {
  TraceControl& control = *control_;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    position = LoadRelaxed(control.head);
    if (position - LoadAcquire(control.tail) >= count_) return nullptr;
    if (SwapShared(control.head, position, position + 1)) return events_ + (position & (count_ - 1));
  }
  return nullptr;
}

void TraceRing::Write(const TraceNote& note) {
  const ErrnoKeeper keep_errno;
  TraceControl& control = *control_;
  const std::uint64_t now = NowMonotonicNanos();
  if (!IsStillWanted(now)) return;
  std::uint64_t position = 0;
  TraceEvent* event = IsReady() ? Claim(position) : nullptr;
  if (event == nullptr) {
    AddShared(control.dropped, 1);
    return;
  }
  event->ns = now;
  event->live_bytes = LoadRelaxed(control.live_bytes);
  event->value = note.value;
  event->thread = OwnThread();
  event->connection = note.connection;
  event->type = static_cast<std::uint8_t>(note.type);
  event->packet = note.packet;
  event->flags = 0;
  event->client_bytes = Put(*event, 0, log::kTraceClientBytes, note.client);
  event->text_bytes = Put(*event, event->client_bytes, log::kTraceTextBytes - event->client_bytes, note.text);
  StoreRelease(event->number, position + 1);
}

void TraceRing::BlockMade(std::uint64_t bytes, std::uint64_t all_bytes) {
  AddShared(control_->live_bytes, all_bytes);
  if (bytes >= LoadRelaxed(control_->large_bytes)) Write({.type = log::TraceType::kLargeBlock, .value = bytes});
}

void TraceRing::BlockGone(std::uint64_t bytes, std::uint64_t all_bytes) {
  AddShared(control_->live_bytes, ~all_bytes + 1);
  if (bytes >= LoadRelaxed(control_->large_bytes)) Write({.type = log::TraceType::kLargeFree, .value = bytes});
}

}  // namespace mqtrack::recorder
