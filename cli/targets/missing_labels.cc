#include "cli/targets/missing_labels.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "libtrack/analysis/side.h"
#include "libtrack/log/layout.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

std::string Count(std::int64_t count, const std::string& one, const std::string& several) {
  const bool is_least = count >= static_cast<std::int64_t>(log::kMostUnlabelled);
  return support::FormatCount(count) + (is_least ? " or more " : " ") + (count == 1 ? one : several);
}

bool IsBeforeAttach(const profile::Profile& profile, const profile::Sample& sample) {
  return std::any_of(sample.locations.begin(), sample.locations.end(), [&](profile::LocationId id) {
    const std::vector<profile::Line>& lines = profile.location(id).lines;
    return lines.size() == 1 && profile.function(lines.front().function).name == "[before attach]";
  });
}

struct Values {
  std::int64_t all = 0, missing = 0;
  std::int64_t before = 0;  // of what is missing: there before the attach
};

Values Sum(const profile::Profile& profile, const std::string& label, std::size_t type) {
  Values values;
  for (const profile::Sample& sample : profile.samples) {
    const std::int64_t value = sample.values[type];
    values.all += value;
    if (std::any_of(sample.labels.begin(), sample.labels.end(),
                    [&](const profile::Label& of) { return of.key == label; }))
      continue;
    values.missing += value;
    if (IsBeforeAttach(profile, sample)) values.before += value;
  }
  return values;
}

std::string ConnectionsBefore(const analysis::Side& side, const std::string& label) {
  std::string text =
      Count(side.connections_before, "connection was", "connections were") + " open before the recording began";
  if (side.mqtt_connections_before <= 0) return text + ", not known to be MQTT so far";
  const bool is_one = side.mqtt_connections_before == 1;
  text += " (" + support::FormatCount(side.mqtt_connections_before) + (is_one ? " has" : " have") +
          " turned out to be MQTT, and" + (is_one ? " is" : " are") + " followed since";
  return text + (label == "mqtt_client" ? " as (peer ADDRESS), since who they are was said before)" : ")");
}

/// What the recorder has noticed.
std::vector<std::string> Reasons(const analysis::Side& side, const std::string& label) {
  std::vector<std::string> reasons;
  if (side.connections_before > 0 || side.mqtt_connections_before > 0)
    reasons.push_back(ConnectionsBefore(side, label));
  if (side.lost_connections > 0) {
    reasons.push_back(Count(side.lost_connections, "MQTT connection", "MQTT connections") + " could not be followed");
  }
  if (side.websocket_connections > 0) {
    reasons.push_back(Count(side.websocket_connections, "connection", "connections") +
                      " went over to WebSockets, and could not be followed there");
  }
  if (side.unread_tls_connections > 0) {
    reasons.push_back(Count(side.unread_tls_connections, "connection", "connections") +
                      " used TLS by a library that is not followed");
  }
  if (side.queued_packets > 0) {
    reasons.push_back("what waits in a queue or goes to another thread has none (" +
                      Count(side.queued_packets, "packet was", "packets were") + " read by threads that do so)");
  }
  return reasons;
}

}  // namespace

std::string DescribeMissingLabels(const profile::Profile& profile, const std::string& label, std::size_t type) {
  const Values values = Sum(profile, label, type);
  if (values.missing <= 0) return "";
  const std::string& unit = profile.sample_types[type].unit;
  std::vector<std::string> reasons = Reasons(analysis::DescribeSide(profile), label);
  if (values.before > 0) {
    reasons.insert(reasons.begin(), support::FormatValue(values.before, unit) + " was there before the attach");
  }
  if (reasons.empty()) return "";
  std::string text = support::FormatPercent(values.missing, values.all) + " (" +
                     support::FormatValue(values.missing, unit) + ") has no " + label +
                     ": what is made between packets has none, and ";
  for (std::size_t i = 0; i < reasons.size(); ++i) text += (i == 0 ? "" : "; ") + reasons[i];
  return text + "; all values are complete";
}

}  // namespace mqtrack::cli
