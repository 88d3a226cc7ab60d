// Structured logs of any content: lines of JSON, batches of OpenTelemetry, anything. A small window, so that spans are
// forgotten and judged all the time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "libtrack/topology/comparison.h"
#include "libtrack/topology/read_logs.h"
#include "libtrack/topology/time_text.h"
#include "libtrack/topology/topology_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mqtrack::topology;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const ReadOptions options{FieldNames(), 8};
  const Topology topology = ReadText(text, options);
  std::int64_t spans = 0;
  for (const Service& service : topology.services) spans += service.spans;
  if (spans != topology.reading.spans) std::abort();  // each is of one service
  for (const Edge& edge : topology.edges) {
    if (edge.from >= topology.services.size() || edge.to >= topology.services.size()) std::abort();
    if (edge.count <= 0 || edge.latency.count > edge.count || edge.errors > edge.count) std::abort();
  }
  for (const Cycle& cycle : topology.cycles) {
    if (cycle.services.empty()) std::abort();
  }
  const Comparison comparison = Compare(topology, topology);
  for (const EdgeChange& change : comparison.edges) {
    if (change.base == nullptr) std::abort();  // nothing is new beside itself
  }
  if (!comparison.gone.empty()) std::abort();
  (void)ParseTime(text);
  (void)ParseSpanDuration(text, 1);
  (void)ParseCheck(text.substr(0, 64));
  FieldNames names;
  (void)names.Set(text.substr(0, 64));
  return 0;
}
