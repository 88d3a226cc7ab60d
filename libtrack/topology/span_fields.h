// Collects the values of one span until all are there.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "libtrack/topology/field_names.h"
#include "libtrack/topology/span_record.h"

namespace mqtrack::topology {

/// Values of one record, of which the surest key counts. Not thread-safe.
class SpanFields {
 public:
  SpanFields() { Clear(); }

  void Clear();
  /// `real`: the value as a number with a fraction, if it is one; else null.
  void Set(const FieldKey& key, std::string_view text, const double* real);
  void AddLink(const SpanRecord::Link& link);

  /// Moves what was collected into `record`; false if it has no trace or span id, and so is no span.
  [[nodiscard]] bool Take(SpanRecord& record);

  /// True of fields that may stand among a span's attributes, and not only at their own place.
  [[nodiscard]] static bool MayBeAttribute(Field field);

 private:
  void SetDuration(const FieldKey& key, std::string_view text, const double* real);

  SpanRecord record_;
  std::int64_t end_ns_ = kUnknownTime;
  std::array<std::uint8_t, 16> ranks_{};  // by Field
};

}  // namespace mqtrack::topology
