// What a load has measured, as plain data for reports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/topology/latency_histogram.h"

namespace mqtrack::stress {

using topology::LatencyHistogram;

/// What a recorded broker holds at one moment.
struct Holding {
  std::int64_t live_bytes = 0, live_objects = 0, resident_bytes = 0, threads = 0, descriptors = 0;
};

struct StageResult {
  std::string name, action, group;
  std::int64_t planned = 0, done = 0;
  std::int64_t not_begun = 0;  // since the load was ended early
  std::int64_t late = 0;       // began more than a millisecond after the moment that was meant
  std::int64_t dropped = 0;    // not begun at all: no connection, or too much unsent
  std::int64_t failed = 0;     // begun, and not answered, refused, or ended by the broker
  std::int64_t received = 0;   // messages that subscribers received
  double seconds = 0;
  LatencyHistogram answer;               // from the moment that was meant to the answer, in nanoseconds
  LatencyHistogram delivery;             // from that moment to each subscriber
  LatencyHistogram closed_loop;          // as a client would have counted that waits for each answer before it goes on
  std::optional<Holding> before, after;  // of a recorded broker
};

struct StressResult {
  std::string scenario, address;
  std::uint64_t seed = 0;
  std::vector<StageResult> stages;
  bool is_interrupted = false;
  std::vector<std::string> notes;
};

}  // namespace mqtrack::stress
