#include "libtrack/timeline/trace_session.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <utility>

#include "libtrack/log/log_view.h"
#include "libtrack/log/reader.h"

namespace mqtrack::timeline {
namespace {

using log::TraceControl;
using log::TraceEvent;
using log::TraceState;
using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;
using support::Status;

/// A writer is inside an event for well below a microsecond, unless it was descheduled or killed. Whoever comes back
/// after that writes into what may be another event by then: rather wait too long, while what comes meanwhile has room.
constexpr std::chrono::milliseconds kLongestWrite{3000}, kLongestWriteAtEnd{500};

template <typename T>
void Put(T& field, T value) {
  std::atomic_ref<T>(field).store(value, std::memory_order_release);
}

/// What the heap holds by the live table.
double HeapBytes(const log::LogContent& content) {
  double bytes = 0;
  const bool is_sampled = content.facts.SamplingInterval() != 0;
  for (const log::BlockGroup& group : content.blocks)
    bytes += is_sampled ? group.estimated_bytes : static_cast<double>(group.bytes);
  for (const log::LiveEntry& entry : content.live) {
    if (entry.kind == log::Kind::kHeapBlock) bytes += static_cast<double>(entry.bytes);
  }
  return bytes;
}

std::int64_t ToBytes(double bytes) {
  constexpr double kMost = 9e18;
  return static_cast<std::int64_t>(std::clamp(bytes, 0.0, kMost));
}

/// Sums that a hostile log chose must not overflow.
std::int64_t Sum(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}

}  // namespace

Result<TraceSession> TraceSession::Begin(const std::string& log_path, const TraceOptions& options) {
  support::FileHandle lock(::open(log_path.c_str(), O_RDWR | O_CLOEXEC));
  Result<MappedFile> file = MappedFile::Open(log_path, MappedFile::Access::kReadWrite);
  if (!file) return file.error();
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kCannotMeasure, "is being traced by another mqtrack trace: wait until that has ended",
                 log_path};
  }
  if (file->size() < log::kHeaderBytes)
    return Error{ErrorCode::kBadInput, "is too short for a log of mqtrack", log_path};
  TraceSession session(std::move(file).value(), std::move(lock), log_path);
  TraceControl& control = session.control();
  if (log::Load(control.can_trace) != log::kTraceVersion) {
    return Error{ErrorCode::kCannotMeasure,
                 "was recorded by another version of mqtrack, whose recorder writes no timeline that this one reads: "
                 "start the service again, or detach from it and attach again",
                 log_path};
  }
  if (log::Load(control.state) == static_cast<std::uint32_t>(TraceState::kNoRoom))
    Put(control.state, static_cast<std::uint32_t>(TraceState::kNone));
  session.tail_ = log::Load(control.head);
  Put(control.tail, session.tail_);
  session.dropped_before_ = log::Load(control.dropped);
  session.beat_ = log::Load(control.beat) + 1;
  Put(control.ring_bytes, options.ring_bytes);
  Put(control.large_bytes, options.large_bytes);
  Put(control.beat, session.beat_);
  Put(control.wanted, 1u);
  session.is_on_ = true;
  if (const Status counted = session.CountHeap(); !counted) return counted.error();
  return session;
}

TraceSession::TraceSession(TraceSession&& other) noexcept
    : file_(std::move(other.file_)),
      lock_(std::move(other.lock_)),
      path_(std::move(other.path_)),
      is_on_(std::exchange(other.is_on_, false)),
      ring_(other.ring_),
      ring_events_(other.ring_events_),
      tail_(other.tail_),
      beat_(other.beat_),
      dropped_before_(other.dropped_before_),
      live_base_(other.live_base_),
      losses_(other.losses_),
      waits_since_(other.waits_since_) {}

TraceSession::~TraceSession() { End(); }

void TraceSession::End() {
  if (is_on_) Put(control().wanted, 0u);
  is_on_ = false;
}

TraceControl& TraceSession::control() const {
  return *reinterpret_cast<TraceControl*>(file_.data() + log::kTraceControlOffset);
}

/// Blocks come and go while they are counted: half of what changed meanwhile is taken to have been seen.
Status TraceSession::CountHeap() {
  const Result<log::LogReader> reader = log::LogReader::OpenBytes({file_.data(), file_.size()}, path_);
  if (!reader) return reader.error();
  const std::uint64_t before = log::Load(control().live_bytes);
  const Result<log::LogContent> content = reader->Read(true, log::Blocks::kSummed);
  if (!content) return content.error();
  const std::uint64_t meanwhile = log::Load(control().live_bytes) - before;
  const std::uint64_t seen = before + static_cast<std::uint64_t>(static_cast<std::int64_t>(meanwhile) / 2);
  live_base_ = Sum(ToBytes(HeapBytes(*content)), ~seen + 1);
  return {};
}

/// Where the ring lies, once the recorder has said so.
Status TraceSession::FindRing() {
  const TraceControl& control = this->control();
  const auto state = static_cast<TraceState>(log::Load(control.state));
  if (state == TraceState::kNoRoom) {
    return Error{
        ErrorCode::kCannotMeasure,
        "its log has no room for the events: start it with a larger --log-limit, or trace with a smaller --buffer",
        path_};
  }
  if (state != TraceState::kReady) return {};
  const std::uint64_t offset = log::Load(control.ring_offset), events = log::Load(control.ring_events);
  const std::uint64_t bytes = events * sizeof(TraceEvent);
  const log::LogView view(file_.data(), file_.size(), path_);
  if (!std::has_single_bit(events) || bytes > log::kLargestTraceRing)
    return view.Malformed(view.OffsetOf(&control.ring_events), "number of events in the ring", "a power of two",
                          events);
  if (offset < log::kHeaderBytes || offset % sizeof(std::uint64_t) != 0 || !view.Contains(offset, bytes))
    return view.Malformed(view.OffsetOf(&control.ring_offset), "offset of the ring", "one inside the file", offset);
  ring_ = view.At<TraceEvent>(offset);
  ring_events_ = events;
  return {};
}

/// True if nothing more is to be hoped for of the event there, which is claimed and not complete.
bool TraceSession::GiveUpOn(std::uint64_t position) {
  const auto now = std::chrono::steady_clock::now();
  if (!waits_since_) waits_since_ = now;
  const bool is_last = position + 1 == log::Load(control().head);
  if (now - *waits_since_ < (is_on_ ? kLongestWrite : kLongestWriteAtEnd) || (is_last && is_on_)) return false;
  waits_since_.reset();
  return true;
}

Status TraceSession::Take(std::vector<TraceEvent>& events, std::size_t most) {
  TraceControl& control = this->control();
  Put(control.beat, ++beat_);
  if (is_on_ && log::Load(control.wanted) == 0) {
    ++losses_.pauses;
    Put(control.wanted, 1u);
  }
  if (ring_ == nullptr) {
    if (Status found = FindRing(); !found || ring_ == nullptr) return found;
  }
  const std::uint64_t head = log::Load(control.head);
  if (head - tail_ > ring_events_)
    return Error{ErrorCode::kBadInput, "damaged log: its ring has more events than it has room for", path_};
  while (tail_ != head && events.size() < most) {
    const TraceEvent& event = ring_[tail_ & (ring_events_ - 1)];
    if (log::Load(event.number) == tail_ + 1) {
      events.push_back(event);
      waits_since_.reset();
    } else {
      if (!GiveUpOn(tail_)) break;
      ++losses_.unwritten;
    }
    ++tail_;
  }
  Put(control.tail, tail_);
  return {};
}

bool TraceSession::IsDrained() const { return log::Load(control().head) == tail_; }

TraceLosses TraceSession::Losses() const {
  TraceLosses losses = losses_;
  losses.dropped = log::Load(control().dropped) - dropped_before_;
  return losses;
}

std::int64_t TraceSession::LiveBytes() const { return Sum(live_base_, log::Load(control().live_bytes)); }

std::uint64_t TraceSession::Generation() const {
  return log::Load(reinterpret_cast<const log::Header*>(file_.data())->epoch);
}

bool TraceSession::HasEnded() const {
  const auto state = log::Load(reinterpret_cast<const log::Header*>(file_.data())->state);
  return state == static_cast<std::uint32_t>(log::State::kEnded);
}

}  // namespace mqtrack::timeline
