// One line of a structured log becomes records of spans: a flat object, a list of them (Zipkin), or a batch of
// OpenTelemetry's file exporter ({"resourceSpans": …}). In one pass over the text, without a document in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/topology/field_names.h"
#include "libtrack/topology/span_record.h"

namespace mqtrack::topology {

/// What a line was.
enum class LineKind {
  kSpans,      // has records of spans
  kOther,      // JSON without trace and span id: an ordinary line, or logs and metrics of OpenTelemetry
  kNoService,  // has trace and span ids, but does not say of which service
  kBroken,     // no JSON
};

/// Parses lines, one after the other. Not thread-safe.
class LineParser {
 public:
  /// `names` must outlive the parser.
  explicit LineParser(const FieldNames& names);
  LineParser(const LineParser&) = delete;
  LineParser& operator=(const LineParser&) = delete;
  ~LineParser();

  /// The records stay valid until the next call.
  [[nodiscard]] LineKind Parse(std::string_view line);
  [[nodiscard]] const std::vector<SpanRecord>& records() const;
  /// Records of the last line that were left out for not saying their service.
  [[nodiscard]] std::int64_t without_service() const;
  /// Of a broken line: what is wrong with it, in one line.
  [[nodiscard]] const std::string& problem() const;

 private:
  class Handler;
  std::unique_ptr<Handler> handler_;
};

}  // namespace mqtrack::topology
