// One trace of one recorded process: asks its recorder for events by way of the log, and takes them out while they come
// in (libtrack/log/trace_layout.h). Everything in the log is treated as hostile.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/log/layout.h"
#include "libtrack/log/trace_layout.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::timeline {

struct TraceOptions {
  std::uint64_t ring_bytes = std::uint64_t{4} << 20;    // if there is no ring in the log yet
  std::uint64_t large_bytes = std::uint64_t{64} << 10;  // blocks from this size on are events
};

/// What the ring did not hold or could not tell.
struct TraceLosses {
  std::uint64_t dropped = 0;    // the ring was full
  std::uint64_t unwritten = 0;  // claimed, and not written to their end in time
  std::uint64_t pauses = 0;     // how often the recorder took this command for dead
};

/// While it lives, the recorder writes events. Movable; not thread-safe.
class TraceSession {
 public:
  /// An error if the log's recorder writes no events, or another command traces the process.
  [[nodiscard]] static support::Result<TraceSession> Begin(const std::string& log_path, const TraceOptions& options);
  TraceSession(TraceSession&& other) noexcept;
  TraceSession& operator=(TraceSession&&) = delete;
  TraceSession(const TraceSession&) = delete;
  TraceSession& operator=(const TraceSession&) = delete;
  /// As End.
  ~TraceSession();

  /// Appends the events that came since, at most `most`, and shows the recorder that somebody listens. An error if the
  /// ring could not be made, or is not one.
  [[nodiscard]] support::Status Take(std::vector<log::TraceEvent>& events, std::size_t most);
  /// Nothing is wanted any more; Take still gives what there is.
  void End();
  /// True if Take has given all that was ever claimed.
  [[nodiscard]] bool IsDrained() const;

  [[nodiscard]] TraceLosses Losses() const;
  /// What the heap holds now: what it held at the beginning, and how it has changed since.
  [[nodiscard]] std::int64_t LiveBytes() const;
  /// What it held at the beginning as an event reckons, whose `live_bytes` is to be added.
  [[nodiscard]] std::int64_t LiveBase() const { return live_base_; }
  [[nodiscard]] std::uint64_t Generation() const;
  /// True once the process has said that it ends, or becomes another program.
  [[nodiscard]] bool HasEnded() const;

 private:
  TraceSession(support::MappedFile file, support::FileHandle lock, std::string path)
      : file_(std::move(file)), lock_(std::move(lock)), path_(std::move(path)) {}
  [[nodiscard]] log::TraceControl& control() const;
  [[nodiscard]] support::Status FindRing();
  [[nodiscard]] support::Status CountHeap();
  [[nodiscard]] bool GiveUpOn(std::uint64_t position);

  support::MappedFile file_;
  support::FileHandle lock_;  // holds the log's lock against other commands
  std::string path_;
  bool is_on_ = false;
  const log::TraceEvent* ring_ = nullptr;
  std::uint64_t ring_events_ = 0, tail_ = 0, beat_ = 0, dropped_before_ = 0;
  std::int64_t live_base_ = 0;
  TraceLosses losses_;
  std::optional<std::chrono::steady_clock::time_point> waits_since_;  // for the event at `tail_` to be complete
};

}  // namespace mqtrack::timeline
