#include "libtrack/topology/topology_builder.h"

#include <algorithm>
#include <utility>

#include "libtrack/topology/cycles.h"
#include "libtrack/topology/summary.h"

namespace mqtrack::topology {
namespace {

constexpr std::size_t kMostServices = 2000, kMostEdges = 10'000;
constexpr char kOthers[] = "[other services]";
constexpr int kMostLevels = 256;  // of calls above a span that are looked at
constexpr std::size_t kMostLinks = 16;

// A record of the same service may be of a call over the network to itself.
bool IsHandedOver(const WindowSpan& cause, const WindowSpan& span) {
  if (cause.service != span.service) return true;
  return (cause.kind == SpanKind::kClient && span.kind == SpanKind::kServer) ||
         (cause.kind == SpanKind::kProducer && span.kind == SpanKind::kConsumer);
}

EdgeKind KindOf(const WindowSpan& cause, const WindowSpan& span) {
  return cause.kind == SpanKind::kProducer || span.kind == SpanKind::kConsumer ? EdgeKind::kMessage : EdgeKind::kCall;
}

}  // namespace

TopologyBuilder::TopologyBuilder(std::size_t window) : window_(window), half_(std::max<std::size_t>(window, 2) / 2) {
  counted_.window = static_cast<std::int64_t>(window);
}

std::uint32_t TopologyBuilder::ServiceOf(const std::string& name) {
  const auto known = service_numbers_.find(name);
  if (known != service_numbers_.end()) return known->second;
  const bool is_one_too_many = services_.size() >= kMostServices;
  if (is_one_too_many) ++counted_.other_services;
  if (is_one_too_many && name != kOthers) {
    const auto others = service_numbers_.find(kOthers);
    if (others != service_numbers_.end()) return others->second;
  }
  const std::string& entered = is_one_too_many ? kOthers : name;
  const auto number = static_cast<std::uint32_t>(services_.size());
  services_.emplace_back().facts.name = entered;
  service_numbers_.emplace(entered, number);
  return number;
}

EdgeSums* TopologyBuilder::EdgeOf(std::uint32_t from, std::uint32_t to, EdgeKind kind) {
  const std::uint64_t key = (std::uint64_t{from} << 33) | (std::uint64_t{to} << 1) | static_cast<std::uint64_t>(kind);
  const auto known = edges_.find(key);
  if (known != edges_.end()) return &known->second;
  if (edges_.size() >= kMostEdges) {
    ++counted_.dropped_edges;
    return nullptr;
  }
  EdgeSums& edge = edges_[key];
  edge.facts.from = from;
  edge.facts.to = to;
  edge.facts.kind = kind;
  return &edge;
}

void TopologyBuilder::NoteTimes(const SpanRecord& record) {
  const std::int64_t time = record.OrderTime();
  if (time == kUnknownTime || time <= 0) return;
  if (counted_.from_ns == 0 || time < counted_.from_ns) counted_.from_ns = time;
  counted_.until_ns = std::max(counted_.until_ns, time);
}

void TopologyBuilder::Merge(WindowSpan& span, const SpanRecord& record) {
  if (span.parent == 0) span.parent = SpanKey(record.parent);
  if (span.start_ns == kUnknownTime) span.start_ns = record.start_ns;
  if (span.duration_ns == kUnknownTime) span.duration_ns = record.duration_ns;
  if (span.kind == SpanKind::kUnknown) span.kind = record.kind;
  span.is_error = span.is_error || record.is_error;
  const std::int64_t time = record.OrderTime();
  if (time != kUnknownTime) {
    if (span.first_written_ns == kUnknownTime || time < span.first_written_ns) span.first_written_ns = time;
    span.last_written_ns = std::max(span.last_written_ns, time);
  }
  if (record.links.empty()) return;
  if (!span.links) span.links = std::make_unique<std::vector<SpanRecord::Link>>();
  for (const SpanRecord::Link& link : record.links) {
    if (span.links->size() < kMostLinks) span.links->push_back(link);
  }
}

void TopologyBuilder::Add(const SpanRecord& record) {
  const std::uint32_t service = ServiceOf(record.service);
  const std::uint64_t key = SpanKey(record.span);
  if (key == 0) return;
  NoteTimes(record);
  const SpanNumber known = window_.Find(record.trace, key);
  if (known != kNoSpan) {
    WindowSpan& span = window_[known];
    if (span.service != service) {
      ++counted_.shared;
    } else if (span.duration_ns != kUnknownTime && record.duration_ns != kUnknownTime) {
      ++counted_.repeated;
    } else {
      Merge(span, record);
    }
    return;
  }
  if (window_.IsFull()) SettleOldest();
  WindowSpan& span = window_[window_.Add(record.trace, key)];
  span.service = service;
  Merge(span, record);
  if (span.parent == span.span) span.parent = 0;
  while (judged_ + half_ < window_.end()) Judge(SpanNumber{judged_++});
}

SpanNumber TopologyBuilder::ParentOf(SpanNumber number) {
  WindowSpan& span = window_[number];
  if (span.parent == 0) return kNoSpan;
  if (span.parent_number != kNoSpan) return window_.Holds(span.parent_number) ? span.parent_number : kNoSpan;
  span.parent_number = window_.Find(span.trace, span.parent);
  return span.parent_number;
}

void TopologyBuilder::Judge(SpanNumber number) {
  WindowSpan& span = window_[number];
  Service& service = services_[span.service].facts;
  if (span.links) JudgeLinks(span);
  const SpanNumber parent = ParentOf(number);
  if (parent != kNoSpan) {
    const WindowSpan& cause = window_[parent];
    span.is_visit = IsHandedOver(cause, span);
    if (span.is_visit) CountEdge(number, cause, KindOf(cause, span));
    return;
  }
  span.is_visit = true;
  if (span.parent == 0) {
    ++service.roots;
    return;
  }
  ++service.orphans;
  // It is known to be missing if nothing was forgotten yet, and nothing is still to come.
  ++(finishing_ && window_.begin() == 0 ? counted_.missing_parents : counted_.distant_parents);
}

void TopologyBuilder::JudgeLinks(WindowSpan& span) {
  for (const SpanRecord::Link& link : *span.links) {
    const std::uint64_t key = SpanKey(link.span);
    if (link.trace == span.trace && key == span.parent) continue;  // counted as that
    const SpanNumber linked = window_.Find(link.trace.is_set() ? link.trace : span.trace, key);
    if (linked == kNoSpan || &window_[linked] == &span) continue;
    const WindowSpan& cause = window_[linked];
    if (!IsHandedOver(cause, span)) continue;
    if (EdgeSums* edge = EdgeOf(cause.service, span.service, EdgeKind::kMessage)) AddToEdge(*edge, cause, span);
  }
}

void TopologyBuilder::CountEdge(SpanNumber number, const WindowSpan& cause, EdgeKind kind) {
  WindowSpan& span = window_[number];
  if (kind == EdgeKind::kCall) CountElsewhere(number);
  EdgeSums* edge = EdgeOf(cause.service, span.service, kind);
  if (edge == nullptr) return;
  AddToEdge(*edge, cause, span);
  CountReturn(number, *edge);
}

// The service that is called may be waiting further up in the same trace.
void TopologyBuilder::CountReturn(SpanNumber number, EdgeSums& edge) {
  const std::uint32_t service = window_[number].service;
  std::vector<std::uint32_t> path;
  SpanNumber above = number;
  for (int level = 0; level < kMostLevels; ++level) {
    above = ParentOf(above);
    if (above == kNoSpan) return;
    path.push_back(window_[above].service);
    if (path.back() != service) continue;
    ++edge.facts.returns;
    if (edge.return_path.empty()) {
      edge.return_path.assign(path.rbegin(), path.rend());
      edge.return_trace = window_[number].trace;
    }
    return;
  }
}

// What a service waits for is not its own time: that of the visit in the course of which it calls.
void TopologyBuilder::CountElsewhere(SpanNumber number) {
  const std::int64_t duration = window_[number].Duration();
  SpanNumber caller = ParentOf(number);
  if (duration == kUnknownTime || caller == kNoSpan) return;
  for (int level = 0; level < kMostLevels; ++level) {
    const SpanNumber above = ParentOf(caller);
    if (above == kNoSpan || IsHandedOver(window_[above], window_[caller])) break;
    caller = above;
  }
  std::int64_t& elsewhere = window_[caller].elsewhere_ns;
  elsewhere = elsewhere > INT64_MAX - duration ? INT64_MAX : elsewhere + duration;
}

void TopologyBuilder::SettleOldest() {
  const SpanNumber oldest{window_.begin()};
  WindowSpan& span = window_[oldest];
  ServiceSums& service = services_[span.service];
  ++counted_.spans;
  ++service.facts.spans;
  service.facts.errors += span.is_error ? 1 : 0;
  if (span.is_visit) {
    ++service.facts.visits;
    if (const std::int64_t duration = span.Duration(); duration != kUnknownTime) {
      const std::int64_t own = std::max<std::int64_t>(0, duration - span.elsewhere_ns);
      service.self.Add(own);
      service.facts.self_seconds += static_cast<double>(own) / 1e9;
    }
  }
  span.links.reset();
  window_.DropOldest();
}

Topology TopologyBuilder::Finish(Reading reading) {
  finishing_ = true;
  while (judged_ < window_.end()) Judge(SpanNumber{judged_++});
  while (window_.begin() < window_.end()) SettleOldest();
  std::vector<EdgeSums> edges;
  for (auto& [key, edge] : edges_) edges.push_back(std::move(edge));
  reading.window = counted_.window;
  reading.spans = counted_.spans;
  reading.repeated = counted_.repeated;
  reading.shared = counted_.shared;
  reading.missing_parents = counted_.missing_parents;
  reading.distant_parents = counted_.distant_parents;
  reading.other_services = counted_.other_services;
  reading.dropped_edges = counted_.dropped_edges;
  reading.from_ns = counted_.from_ns;
  reading.until_ns = counted_.until_ns;
  return Summarize(std::move(services_), std::move(edges), std::move(reading));
}

}  // namespace mqtrack::topology
