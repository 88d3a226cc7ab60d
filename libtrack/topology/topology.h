// What was found out about a set of services from their logs: who calls whom, how often, how long it takes, what goes
// in circles, what has lost its cause.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mqtrack::topology {

/// How one service sets another one to work.
enum class EdgeKind : std::uint8_t {
  kCall,     // and waits, as far as is known
  kMessage,  // by a message: a producer's span, or a consumer's, or a link
};
[[nodiscard]] const char* EdgeKindName(EdgeKind kind);

/// Times of one kind in nanoseconds; all 0 where `count` is 0.
struct Latency {
  std::int64_t count = 0, p50_ns = 0, p99_ns = 0, max_ns = 0;
};

struct Edge {
  std::uint32_t from = 0, to = 0;  // into Topology::services
  EdgeKind kind = EdgeKind::kCall;
  std::int64_t count = 0, errors = 0;
  Latency latency;               // how long the service that is called takes
  Latency delivery;              // of messages: from the beginning of sending to the beginning of handling
  std::int64_t clock_skews = 0;  // messages that were handled before they were sent
  std::int64_t returns = 0;      // calls of a service that is waiting further up in the same trace
};

struct Service {
  std::string name;
  std::int64_t spans = 0, errors = 0;
  std::int64_t visits = 0;   // spans that another service, or nobody, caused
  std::int64_t roots = 0;    // of them: those that nobody caused
  std::int64_t orphans = 0;  // of them: those whose cause is not in the logs
  Latency self;              // of visits: the time not spent in services called
  double self_seconds = 0;   // of all visits
  double times_usual = 0;    // its median own time over that of the median service; 0: not compared
};

/// Services that call each other in a circle.
struct Cycle {
  std::vector<std::uint32_t> services;  // in the order of the calls, the first of the alphabet first
  bool has_message = false;
  std::int64_t returns = 0;   // calls, within one trace, of a service that is waiting further up
  std::string example_trace;  // of such a call, in hexadecimal digits; may be empty
};

/// What was read, and what of it could not be used.
struct Reading {
  std::int64_t files = 0, lines = 0, bytes = 0;
  std::int64_t spans = 0;     // different ones
  std::int64_t repeated = 0;  // records of a span that was complete already
  std::int64_t shared = 0;    // records with the ids of a span of another service, left out
  std::int64_t broken_lines = 0, without_span = 0, without_service = 0;
  std::int64_t missing_parents = 0;  // spans whose parent is not in the logs
  std::int64_t distant_parents =
      0;                    // spans whose parent was not among the spans before and after them that are remembered
  std::int64_t window = 0;  // how many spans are remembered
  std::int64_t other_services = 0;         // spans of services beyond the most that are told apart
  std::int64_t dropped_cycles = 0;         // circles beyond the most that are listed
  std::int64_t dropped_edges = 0;          // calls between pairs beyond the most that are told apart
  std::int64_t from_ns = 0, until_ns = 0;  // times of the records; 0: unknown
  std::vector<std::string> problems;       // the first few broken lines, in words
  // Logs that could be read up to some place only: their path and why. What stands behind that place is not known.
  std::vector<std::string> damaged_logs;
};

struct Topology {
  std::vector<Service> services;  // by name
  std::vector<Edge> edges;        // by the names of their ends and their kind
  std::vector<Cycle> cycles;      // those that happen in a trace first
  Reading reading;
};

/// A service is slow if its median own time is at least so many times that of the median service.
inline constexpr double kSlowTimes = 5;

/// And, so that noise is none, takes at least this, and was visited at least so often.
inline constexpr std::int64_t kLeastSlowNs = 1'000'000, kLeastVisits = 10;

/// Whether the service stands out by how long it takes.
[[nodiscard]] bool IsSlow(const Service& service);

/// "gateway -> store".
[[nodiscard]] std::string EdgeName(const Topology& topology, const Edge& edge);
/// "gateway -> store -> gateway".
[[nodiscard]] std::string CycleName(const Topology& topology, const Cycle& cycle);

}  // namespace mqtrack::topology
