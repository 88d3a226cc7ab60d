#include "libtrack/topology/field_names.h"

#include <iterator>

#include "libtrack/support/words.h"

namespace mqtrack::topology {
namespace {

constexpr std::int64_t kMicro = 1000, kMilli = 1'000'000, kWhole = 1'000'000'000;

struct Known {
  const char* path;
  Field field;
  std::int64_t unit_ns = 0;
};

// Keys of one field, the surest first.
constexpr Known kKnown[] = {
    {"trace_id", Field::kTrace},
    {"traceId", Field::kTrace},
    {"trace.id", Field::kTrace},
    {"TraceId", Field::kTrace},
    {"traceid", Field::kTrace},
    {"context.trace_id", Field::kTrace},
    {"traceID", Field::kTrace},
    {"dd.trace_id", Field::kTrace},
    {"span_id", Field::kSpan},
    {"spanId", Field::kSpan},
    {"span.id", Field::kSpan},
    {"SpanId", Field::kSpan},
    {"spanid", Field::kSpan},
    {"context.span_id", Field::kSpan},
    {"spanID", Field::kSpan},
    {"dd.span_id", Field::kSpan},
    {"id", Field::kSpan},
    {"parent_span_id", Field::kParent},
    {"parentSpanId", Field::kParent},
    {"parent_id", Field::kParent},
    {"parentId", Field::kParent},
    {"parent.id", Field::kParent},
    {"ParentSpanId", Field::kParent},
    {"service_name", Field::kService},
    {"service.name", Field::kService},
    {"serviceName", Field::kService},
    {"resource.attributes.service.name", Field::kService},
    {"resource.service.name", Field::kService},
    {"ServiceName", Field::kService},
    {"localEndpoint.serviceName", Field::kService},
    {"process.serviceName", Field::kService},
    {"dd.service", Field::kService},
    {"service", Field::kService},
    {"start_unix_ns", Field::kStart},
    {"start_time_unix_nano", Field::kStart},
    {"startTimeUnixNano", Field::kStart},
    {"start_time", Field::kStart},
    {"startTime", Field::kStart},
    {"start", Field::kStart},
    {"end_unix_ns", Field::kEnd},
    {"end_time_unix_nano", Field::kEnd},
    {"endTimeUnixNano", Field::kEnd},
    {"end_time", Field::kEnd},
    {"endTime", Field::kEnd},
    {"end", Field::kEnd},
    {"duration_ns", Field::kDuration, 1},
    {"duration_us", Field::kDuration, kMicro},
    {"duration_ms", Field::kDuration, kMilli},
    {"duration_s", Field::kDuration, kWhole},
    {"duration_seconds", Field::kDuration, kWhole},
    {"durationNs", Field::kDuration, 1},
    {"durationUs", Field::kDuration, kMicro},
    {"durationMs", Field::kDuration, kMilli},
    {"elapsed_ms", Field::kDuration, kMilli},
    {"latency_ms", Field::kDuration, kMilli},
    {"event.duration", Field::kDuration, 1},
    {"duration", Field::kDuration, kMilli},
    {"elapsed", Field::kDuration, kMilli},
    {"latency", Field::kDuration, kMilli},
    {"time_unix_ns", Field::kWritten},
    {"@timestamp", Field::kWritten},
    {"timestamp", Field::kWritten},
    {"time", Field::kWritten},
    {"ts", Field::kWritten},
    {"error", Field::kError},
    {"tags.error", Field::kError},
    {"status.code", Field::kStatus},
    {"status.status_code", Field::kStatus},
    {"status_code", Field::kStatus},
    {"status", Field::kStatus},
    {"http.status_code", Field::kStatus},
    {"http.response.status_code", Field::kStatus},
    {"kind", Field::kKind},
    {"span_kind", Field::kKind},
    {"span.kind", Field::kKind},
    {"spanKind", Field::kKind},
};

// As users name them, in the order of Field.
constexpr const char* kNames[] = {"trace",    "span", "parent", "service", "start", "end",
                                  "duration", "time", "error",  "status",  "kind"};

support::Error BadAssignment(std::string_view text, const std::string& why) {
  return {support::ErrorCode::kBadInput, "'" + std::string(text) + "' " + why, "--field"};
}

}  // namespace

FieldNames::FieldNames() {
  std::uint8_t ranks[std::size(kNames)] = {};
  for (const Known& known : kKnown) {
    std::uint8_t& rank = ranks[static_cast<std::size_t>(known.field)];
    keys_[known.path] = {known.field, ++rank, known.unit_ns};
  }
}

std::vector<std::string> FieldNames::Names() { return {std::begin(kNames), std::end(kNames)}; }

std::int64_t FieldNames::UnitByName(std::string_view name) {
  if (name == "ns") return 1;
  if (name == "us") return kMicro;
  if (name == "ms") return kMilli;
  return name == "s" ? kWhole : 0;
}

void FieldNames::SetDurationUnit(std::int64_t unit_ns) {
  for (const char* path : {"duration", "elapsed", "latency"}) {
    const auto key = keys_.find(path);
    if (key != keys_.end()) key->second.unit_ns = unit_ns;
  }
}

support::Status FieldNames::Set(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == assignment.size())
    return BadAssignment(assignment, "is no NAME=KEY, such as trace=request.trace");
  const std::string name(assignment.substr(0, equals));
  std::string path(assignment.substr(equals + 1));
  const std::vector<std::string> names = Names();
  std::size_t at = 0;
  while (at < names.size() && names[at] != name) ++at;
  if (at == names.size()) {
    return BadAssignment(assignment, "names no field that there is" + support::DidYouMean(name, names) +
                                         "; there are " + support::Join(names));
  }
  const Field field = static_cast<Field>(at);
  std::int64_t unit = kMilli;
  const std::size_t colon = path.rfind(':');
  if (field == Field::kDuration && colon != std::string::npos) {
    unit = UnitByName(std::string_view(path).substr(colon + 1));
    path.resize(colon);
    if (unit == 0 || path.empty()) return BadAssignment(assignment, "has no unit that there is: ns, us, ms, s");
  }
  std::erase_if(keys_, [&](const auto& key) { return key.second.field == field && key.second.rank != 0; });
  keys_[path] = {field, 0, unit};
  return {};
}

const FieldKey* FieldNames::Find(std::string_view path) const {
  const auto key = keys_.find(path);
  return key == keys_.end() ? nullptr : &key->second;
}

}  // namespace mqtrack::topology
