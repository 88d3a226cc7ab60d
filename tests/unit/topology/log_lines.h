// Lines of logs for tests.
#pragma once

#include <cstdint>
#include <string>

#include "libtrack/topology/read_logs.h"

namespace mqtrack::topology {

/// A line of one span. Times in milliseconds; `more` is JSON that is put behind: ",\"kind\":\"client\"".
inline std::string Line(const std::string& trace, int span, int parent, const std::string& service,
                        std::int64_t start_ms = 0, std::int64_t duration_ms = 10, const std::string& more = "") {
  constexpr std::int64_t kBegin = 1'790'000'000'000;
  return "{\"trace_id\":\"" + trace + "\",\"span_id\":\"" + std::to_string(span) + "\"" +
         (parent == 0 ? "" : ",\"parent_span_id\":\"" + std::to_string(parent) + "\"") + ",\"service_name\":\"" +
         service + "\",\"start_unix_ns\":" + std::to_string((kBegin + start_ms) * 1'000'000) +
         ",\"duration_ms\":" + std::to_string(duration_ms) + more + "}\n";
}

inline Topology Read(const std::string& text, std::size_t window = 1000) {
  return ReadText(text, {FieldNames(), window});
}

/// "a->b*3, b->c*1".
inline std::string Edges(const Topology& topology) {
  std::string text;
  for (const Edge& edge : topology.edges) {
    text += (text.empty() ? "" : ", ") + topology.services[edge.from].name +
            (edge.kind == EdgeKind::kMessage ? "~>" : "->") + topology.services[edge.to].name + "*" +
            std::to_string(edge.count);
  }
  return text;
}

}  // namespace mqtrack::topology
