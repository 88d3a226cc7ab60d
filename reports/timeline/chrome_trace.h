// A timeline in the JSON of Chrome's trace viewer (chrome://tracing, the "Trace Event Format"), which Perfetto and
// Speedscope read, too: an array of events, one a line. A file that was cut short is read as well.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libtrack/timeline/timeline_sink.h"
#include "reports/timeline/timeline_output.h"

namespace mqtrack::reports {

/// `output` outlives it. Finish completes the array.
class ChromeTrace final : public timeline::TimelineSink {
 public:
  explicit ChromeTrace(TimelineOutput& output) : output_(output) {}
  void Add(const timeline::Track& track) override;
  void Add(const timeline::Slice& slice) override;
  void Add(const timeline::Instant& instant) override;
  void Add(const timeline::Value& value) override;
  void Finish();

 private:
  /// Where Chrome's viewer draws a track: it knows threads only.
  struct Place {
    std::int64_t pid = 0, tid = 0;
    std::string name;
  };
  void Write(const std::string& event);
  void WriteFlow(const char* phase, const Place& place, std::int64_t ns, std::uint64_t flow);
  [[nodiscard]] Place PlaceOf(timeline::TrackId track) const;

  TimelineOutput& output_;
  bool has_begun_ = false;
  std::int64_t pid_ = 0;
  std::map<timeline::TrackId, Place> places_;  // but for lanes, of which a service with many connections has many
};

}  // namespace mqtrack::reports
