// What one record of a structured log says of one span: a piece of work of one service, caused by another one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mqtrack::topology {

/// A trace or span id as it is compared: the number that its hexadecimal digits are, or a hash of any other text.
struct TextId {
  std::uint64_t high = 0, low = 0;
  bool is_hex = false;  // can be shown again as it was, but for leading zeros
  friend bool operator==(const TextId&, const TextId&) = default;
  [[nodiscard]] bool is_set() const { return high != 0 || low != 0; }
};

/// The id of `text`; zeros and nothing at all are no id (W3C Trace Context), and give one that is not set.
[[nodiscard]] TextId ParseId(std::string_view text);
/// Hexadecimal digits of a trace id; empty if its text is not known any more.
[[nodiscard]] std::string IdText(const TextId& id);

/// As OpenTelemetry has it.
enum class SpanKind : std::uint8_t { kUnknown, kInternal, kServer, kClient, kProducer, kConsumer };

inline constexpr std::int64_t kUnknownTime = INT64_MIN;

/// One record. A span may have several: each tells a part.
struct SpanRecord {
  TextId trace, span, parent;
  struct Link {
    TextId trace, span;
  };
  std::vector<Link> links;                  // spans of any trace whose messages it handles
  std::string service;                      // empty: not said
  std::int64_t start_ns = kUnknownTime;     // since the epoch
  std::int64_t duration_ns = kUnknownTime;  // not negative
  std::int64_t written_ns = kUnknownTime;   // when a record without a duration was written
  SpanKind kind = SpanKind::kUnknown;
  bool is_error = false;

  /// By which logs are put in order: when the record was written, as far as it says. kUnknownTime if it does not.
  [[nodiscard]] std::int64_t OrderTime() const;
};

}  // namespace mqtrack::topology
