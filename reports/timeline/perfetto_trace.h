// A timeline as a trace of Perfetto: a sequence of TracePackets of protos/perfetto/trace/trace.proto with
// TrackDescriptors and TrackEvents (https://perfetto.dev/docs/reference/synthetic-track-event), which ui.perfetto.dev
// and trace_processor read. A file that was cut short is one up to the last whole packet.
#pragma once

#include <cstdint>
#include <string>

#include "libtrack/timeline/timeline_sink.h"
#include "reports/timeline/timeline_output.h"

namespace mqtrack::reports {

/// `output` outlives it. Names that are not UTF-8 are mended.
class PerfettoTrace final : public timeline::TimelineSink {
 public:
  explicit PerfettoTrace(TimelineOutput& output) : output_(output) {}
  void Add(const timeline::Track& track) override;
  void Add(const timeline::Slice& slice) override;
  void Add(const timeline::Instant& instant) override;
  void Add(const timeline::Value& value) override;

 private:
  void Write(const std::string& packet);

  TimelineOutput& output_;
  bool has_begun_ = false;
};

}  // namespace mqtrack::reports
