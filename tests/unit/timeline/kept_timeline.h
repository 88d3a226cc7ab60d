// A timeline that is kept whole, for tests; and events as a recorder writes them.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/log/trace_layout.h"
#include "libtrack/timeline/timeline_sink.h"

namespace mqtrack::timeline {

class KeptTimeline final : public TimelineSink {
 public:
  void Add(const Track& track) override { tracks[track.id] = track; }
  void Add(const Slice& slice) override { slices.push_back(slice); }
  void Add(const Instant& instant) override { instants.push_back(instant); }
  void Add(const Value& value) override { values.push_back(value); }

  [[nodiscard]] std::vector<Slice> SlicesOf(Subject subject, Track::Kind kind) const {
    std::vector<Slice> found;
    for (const Slice& slice : slices) {
      if (slice.subject == subject && tracks.at(slice.track).kind == kind) found.push_back(slice);
    }
    return found;
  }

  std::map<TrackId, Track> tracks;
  std::vector<Slice> slices;
  std::vector<Instant> instants;
  std::vector<Value> values;
};

struct EventText {
  std::string_view client, text;
};

inline log::TraceEvent MakeEvent(log::TraceType type, std::uint64_t ns, std::uint64_t value = 0,
                                 const EventText& text = {}) {
  log::TraceEvent event = {};
  event.type = static_cast<std::uint8_t>(type);
  event.ns = ns;
  event.value = value;
  event.thread = 7;
  event.client_bytes = static_cast<std::uint8_t>(text.client.size());
  event.text_bytes = static_cast<std::uint8_t>(text.text.size());
  std::copy(text.client.begin(), text.client.end(), event.text);
  std::copy(text.text.begin(), text.text.end(), event.text + text.client.size());
  return event;
}

inline log::TraceEvent MakePacket(std::uint64_t ns, std::uint8_t packet, std::uint32_t connection,
                                  const EventText& text = {}, log::TraceType type = log::TraceType::kPacket) {
  log::TraceEvent event = MakeEvent(type, ns, 1, text);
  event.packet = packet;
  event.connection = connection;
  return event;
}

}  // namespace mqtrack::timeline
