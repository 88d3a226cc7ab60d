// The spans seen lately, so that a span finds the one that caused it, whichever of the two is logged first. A ring:
// each new span takes the place of the oldest one. Memory is fixed by the number of spans remembered.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libtrack/topology/span_record.h"

namespace mqtrack::topology {

/// The how manieth span it is.
enum class SpanNumber : std::uint64_t {};
inline constexpr SpanNumber kNoSpan{UINT64_MAX};

/// A span's id in 64 bits; what OpenTelemetry writes has no more. 0 if it is not set.
[[nodiscard]] inline std::uint64_t SpanKey(const TextId& id) { return id.low ^ (id.high * 0x9e3779b97f4a7c15u); }

struct WindowSpan {
  TextId trace;
  std::uint64_t span = 0, parent = 0;  // as SpanKey has them; 0: none
  std::int64_t start_ns = kUnknownTime, duration_ns = kUnknownTime;
  std::int64_t first_written_ns = kUnknownTime, last_written_ns = kUnknownTime;
  std::int64_t elsewhere_ns = 0;       // time of services called
  SpanNumber parent_number = kNoSpan;  // once it was looked for
  std::uint32_t service = 0;
  SpanKind kind = SpanKind::kUnknown;
  bool is_error = false;
  bool is_visit = false;                                 // caused by another service, or by nobody
  std::unique_ptr<std::vector<SpanRecord::Link>> links;  // null: none

  /// How long it took: as it says itself, or from its first to its last record.
  [[nodiscard]] std::int64_t Duration() const;
};

/// Not thread-safe.
class SpanWindow {
 public:
  /// Remembers at least 2 and at most `most` spans.
  explicit SpanWindow(std::size_t most);

  [[nodiscard]] std::uint64_t begin() const { return begin_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] bool IsFull() const { return end_ - begin_ == most_; }
  [[nodiscard]] bool Holds(SpanNumber number) const {
    return static_cast<std::uint64_t>(number) >= begin_ && static_cast<std::uint64_t>(number) < end_;
  }
  [[nodiscard]] WindowSpan& operator[](SpanNumber number) {
    return spans_[static_cast<std::size_t>(static_cast<std::uint64_t>(number) % most_)];
  }

  /// kNoSpan if it is not remembered.
  [[nodiscard]] SpanNumber Find(const TextId& trace, std::uint64_t span) const;
  /// A new span with these ids, which must not be there, in the place of the oldest one where the window is full.
  SpanNumber Add(const TextId& trace, std::uint64_t span);
  /// Forgets the oldest span; there must be one.
  void DropOldest();

 private:
  [[nodiscard]] std::size_t HomeOf(const TextId& trace, std::uint64_t span) const;
  [[nodiscard]] const WindowSpan& At(std::uint32_t slot) const { return spans_[slot]; }
  void Grow();
  void Enter(std::uint32_t slot);
  void Erase(std::uint32_t slot);

  std::size_t most_;
  std::uint64_t seed_;  // so that no log can be made whose ids all fall on one place
  std::uint64_t begin_ = 0, end_ = 0;
  std::vector<WindowSpan> spans_;
  std::vector<std::uint32_t> index_;  // open addressing by linear probing: a place in spans_ + 1, or 0
};

}  // namespace mqtrack::topology
