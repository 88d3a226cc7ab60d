// Which keys of a JSON line mean what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::topology {

/// What a value of a line can be.
enum class Field : std::uint8_t {
  kTrace,
  kSpan,
  kParent,
  kService,
  kStart,
  kEnd,
  kDuration,
  kWritten,  // when a line without duration was written
  kError,    // true, or a text that is none of "", "ok", "unset", "false", "0"
  kStatus,   // "error", "STATUS_CODE_ERROR", 2, or a status of HTTP from 500 on
  kKind,
};

/// One key: the path of names to it, joined by dots ("context.trace_id").
struct FieldKey {
  Field field{};
  std::uint8_t rank = 0;     // of several keys of one field the one with the lowest counts
  std::int64_t unit_ns = 0;  // of durations that are numbers
};

/// Keys that are known, of OpenTelemetry, Elastic's common schema, Zipkin and what services write by hand, and the
/// user's own. Copyable; read by several threads at once.
class FieldNames {
 public:
  FieldNames();

  /// Adds "trace=my.trace": from now on this key alone is the trace. A duration may say its unit: "duration=took:us".
  [[nodiscard]] support::Status Set(std::string_view assignment);
  /// Unit of durations whose key does not tell it ("duration"): milliseconds, unless set.
  void SetDurationUnit(std::int64_t unit_ns);

  /// Null if nothing is known by this path.
  [[nodiscard]] const FieldKey* Find(std::string_view path) const;

  /// What can be set, for messages and help: "trace", "span", ….
  [[nodiscard]] static std::vector<std::string> Names();
  /// Nanoseconds of "ns", "us", "ms" or "s"; 0 for anything else.
  [[nodiscard]] static std::int64_t UnitByName(std::string_view name);

 private:
  struct HashPath {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
  };
  std::unordered_map<std::string, FieldKey, HashPath, std::equal_to<>> keys_;
};

}  // namespace mqtrack::topology
