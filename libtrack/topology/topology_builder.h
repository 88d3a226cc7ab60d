// Puts the spans of many services together, one record after the other, in bounded memory: spans meet the ones that
// caused them in a window of the latest spans, and what they add up to are counters by service and pair of services.
//
// A span is judged when it is in the middle of the window, so that its parent is found whether it was logged before (as
// the sender of a message is) or after it (as a caller is, who waits).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/topology/latency_histogram.h"
#include "libtrack/topology/span_record.h"
#include "libtrack/topology/span_window.h"
#include "libtrack/topology/topology.h"

namespace mqtrack::topology {

inline constexpr std::size_t kDefaultWindow = 1'000'000;

/// What one service, or a pair of them, adds up to.
struct ServiceSums {
  Service facts;
  LatencyHistogram self;
};
struct EdgeSums {
  Edge facts;
  LatencyHistogram latency, delivery;
  std::vector<std::uint32_t> return_path;  // services of the first return, from the one that is returned to
  TextId return_trace;
};

/// Not thread-safe.
class TopologyBuilder {
 public:
  /// Remembers `window` spans.
  explicit TopologyBuilder(std::size_t window);

  /// Records come about in the order in which they were written. `record.service` is not empty.
  void Add(const SpanRecord& record);
  /// Judges what is left. `reading` has what the reader of the logs counted; call it once.
  [[nodiscard]] Topology Finish(Reading reading);

 private:
  [[nodiscard]] std::uint32_t ServiceOf(const std::string& name);
  [[nodiscard]] EdgeSums* EdgeOf(std::uint32_t from, std::uint32_t to, EdgeKind kind);
  void Merge(WindowSpan& span, const SpanRecord& record);
  void NoteTimes(const SpanRecord& record);
  /// The span that caused this one, if it is remembered.
  [[nodiscard]] SpanNumber ParentOf(SpanNumber number);
  void Judge(SpanNumber number);
  void JudgeLinks(WindowSpan& span);
  void CountEdge(SpanNumber number, const WindowSpan& cause, EdgeKind kind);
  void CountReturn(SpanNumber number, EdgeSums& edge);
  void CountElsewhere(SpanNumber number);
  void SettleOldest();

  SpanWindow window_;
  std::uint64_t judged_ = 0, half_;
  bool finishing_ = false;
  std::unordered_map<std::string, std::uint32_t> service_numbers_;
  std::vector<ServiceSums> services_;
  std::unordered_map<std::uint64_t, EdgeSums> edges_;
  Reading counted_;
};

}  // namespace mqtrack::topology
