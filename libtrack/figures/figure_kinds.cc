#include "libtrack/figures/figure_kinds.h"

#include <algorithm>

#include "libtrack/analysis/workload/broker_state.h"
#include "libtrack/log/kinds.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/check.h"

namespace mqtrack::figures {
namespace {

using enum FigureType;

/// Of the process, by the names that client libraries of Prometheus use.
const FigureKind kOfProcess[] = {
    {"process_cpu_seconds", kCounter, "seconds", "", "Processor time that the service has used, user and system."},
    {"process_open_fds", kGauge, "", "", "Descriptors that the service has open, as the kernel counts them."},
    {"process_max_fds", kGauge, "", "", "Descriptors that the service may have open (RLIMIT_NOFILE)."},
    {"process_virtual_memory_bytes", kGauge, "bytes", "", "Address space of the service."},
    {"process_virtual_memory_max_bytes", kGauge, "bytes", "", "Address space that it may have (RLIMIT_AS)."},
    {"process_resident_memory_bytes", kGauge, "bytes", "", "Resident memory of the service."},
    {"process_start_time_seconds", kGauge, "seconds", "", "When the service was started, since the Unix epoch."},
    {"process_threads", kGauge, "", "", "Threads of the service, as the kernel counts them."},
    {"mqtrack_memory_room_bytes", kGauge, "bytes", "limit",
     "How much more memory the service may take below the tightest limit: that of its control groups, or what the "
     "machine has left."},
};

const FigureKind kOfRecording[] = {
    {"mqtrack_up", kGauge, "", "", "1 if the service runs, is recorded and could be read; else 0."},
    {"mqtrack_target", kInfo, "", "pid mode program state", "What is being told about."},
    {"mqtrack_recording_start_time_seconds", kGauge, "seconds", "",
     "When the recording began, since the Unix epoch. What counts since the start counts from then."},
    {"mqtrack_recorder_losses", kCounter, "", "",
     "Events that the recorder could not keep. More than 0: live figures are too low."},
    {"mqtrack_recorder_lost_bytes", kCounter, "bytes", "", "Bytes of the blocks that were lost."},
    {"mqtrack_recorder_unseen_frees", kCounter, "", "",
     "Blocks that are known to have been given back past the recorder."},
    {"mqtrack_recorder_lost_connections", kCounter, "", "",
     "MQTT connections that could not be followed: what they cause has no labels."},
    {"mqtrack_recorder_log_bytes", kGauge, "bytes", "", "Memory that the service's log takes."},
};

const FigureKind kOfWork[] = {
    {"mqtrack_mqtt_packets", kCounter, "", "type direction",
     "MQTT packets since the recording began that were read or written to their end."},
    {"mqtrack_mqtt_uncounted_connections", kCounter, "", "",
     "Connections of whose sent packets some were not counted."},
    {"mqtrack_broker_complete", kGauge, "", "",
     "1 if the figures mqtrack_broker_* are all there is to hold; 0 if they may be too low (docs/mqtt.md, \"State\")."},
};

struct BrokerMeaning {
  std::string_view figure;
  bool is_cumulative;
  const char* meaning;
};
/// Beside analysis::kBrokerFigures.
constexpr BrokerMeaning kBrokerMeanings[] = {
    {"connected", false, "Clients that are connected."},
    {"sessions", false, "Sessions, of clients that are connected or to be remembered."},
    {"offline_sessions", false, "Sessions of clients that are gone and to be remembered."},
    {"subscriptions", false, "Distinct filters of all sessions."},
    {"retained", false, "Topics with a retained message."},
    {"retained_set", true, "PUBLISH packets that set a retained message."},
    {"retained_cleared", true, "PUBLISH packets that cleared one."},
    {"unacknowledged_out", false, "Messages sent to clients and not yet acknowledged."},
    {"half_open_in", false, "Messages of QoS 2 received and not yet released."},
    {"wills", false, "Connected clients that have left a will."},
};
static_assert(std::size(kBrokerMeanings) == std::size(analysis::kBrokerFigures));

/// Of a series of snapshots: only where there is a history.
const FigureKind kOfHistory[] = {
    {"mqtrack_growth_per_hour", kGauge, "", "type",
     "Growth of a sample type in an hour, by the snapshots of mqtrack_growth_window_seconds."},
    {"mqtrack_growth_window_seconds", kGauge, "seconds", "", "Time that growth and verdicts are told of."},
    {"mqtrack_verdict_sites", kGauge, "", "verdict", "Places in the code that have this verdict (docs/verdicts.md)."},
    {"mqtrack_verdict_growth_bytes", kGauge, "bytes", "verdict",
     "Live bytes that these places gained in mqtrack_growth_window_seconds."},
    {"mqtrack_memory_room_seconds", kGauge, "seconds", "",
     "When mqtrack_memory_room_bytes is used up if resident memory goes on growing as it does. Absent while it does "
     "not grow."},
    {"mqtrack_site_bytes", kGauge, "bytes", "site module",
     "Live bytes of the biggest places in the code, by function, and of all others together."},
};

const FigureKind kOfServer[] = {
    {"mqtrack_serve_requests", kCounter, "", "code", "Requests that this server has answered, by status."},
    {"mqtrack_serve_connections", kGauge, "", "", "Connections that are open to this server."},
    {"mqtrack_serve_refused_connections", kCounter, "", "", "Connections that were one too many."},
    {"mqtrack_serve_snapshots", kCounter, "", "", "Snapshots that this server has taken."},
    {"mqtrack_serve_snapshot_seconds", kCounter, "seconds", "", "Time that taking them took."},
    {"mqtrack_serve_deltas", kGauge, "", "", "Requests with seconds=N whose time is not over."},
    {"mqtrack_serve_history_bytes", kGauge, "bytes", "", "Size of all files of the history."},
    {"mqtrack_serve_history_files", kGauge, "", "", "Snapshots in the history."},
    {"mqtrack_serve_history_errors", kCounter, "", "", "Snapshots that could not be taken, written or read back."},
    {"mqtrack_serve_cpu_seconds", kCounter, "seconds", "", "Processor time that this server has used."},
    {"mqtrack_serve_open_fds", kGauge, "", "", "Descriptors that this server has open."},
    {"mqtrack_serve_resident_memory_bytes", kGauge, "bytes", "", "Resident memory of this server."},
    {"mqtrack_serve_start_time_seconds", kGauge, "seconds", "", "When this server was started, since the Unix epoch."},
    {"mqtrack_serve_threads", kGauge, "", "", "Threads of this server."},
};

std::string Capitalised(std::string_view words) {
  std::string text(words);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string NameOf(const log::SampleKind& kind) {
  return std::string("mqtrack_") + kind.name + (log::IsBytes(kind.measure) ? "_bytes" : "");
}

void AddSampleTypes(std::vector<FigureKind>& kinds) {
  for (const log::SampleKind& kind : log::kSampleKinds) {
    kinds.push_back({NameOf(kind), log::IsCumulative(kind.measure) ? kCounter : kGauge,
                     log::IsBytes(kind.measure) ? "bytes" : "", "",
                     Capitalised(kind.many) + ". One is one " + kind.meaning + "."});
  }
}

void AddBroker(std::vector<FigureKind>& kinds) {
  for (const BrokerMeaning& row : kBrokerMeanings) {
    kinds.push_back({"mqtrack_broker_" + std::string(row.figure), row.is_cumulative ? kCounter : kGauge, "", "",
                     std::string(row.meaning)});
  }
}

std::vector<FigureKind> MakeKinds() {
  std::vector<FigureKind> kinds(std::begin(kOfRecording), std::end(kOfRecording));
  kinds.insert(kinds.end(), std::begin(kOfProcess), std::end(kOfProcess));
  AddSampleTypes(kinds);
  kinds.insert(kinds.end(), std::begin(kOfWork), std::end(kOfWork));
  AddBroker(kinds);
  kinds.insert(kinds.end(), std::begin(kOfHistory), std::end(kOfHistory));
  kinds.insert(kinds.end(), std::begin(kOfServer), std::end(kOfServer));
  return kinds;
}

}  // namespace

std::string_view TypeName(FigureType type) {
  switch (type) {
    case kCounter:
      return "counter";
    case kInfo:
      return "info";
    case kGauge:
      break;
  }
  return "gauge";
}

std::string FigureKind::SampleName() const {
  if (type == kCounter) return name + "_total";
  return type == kInfo ? name + "_info" : name;
}

const std::vector<FigureKind>& FigureKinds() {
  static const std::vector<FigureKind> kinds = MakeKinds();
  return kinds;
}

const FigureKind& FigureKindOf(std::string_view name) {
  const auto& kinds = FigureKinds();
  const auto row = std::find_if(kinds.begin(), kinds.end(), [&](const FigureKind& kind) { return kind.name == name; });
  TRACK_CHECK(row != kinds.end(), "no figure is called %s", std::string(name).c_str());
  return *row;
}

std::string FigureOfSampleType(std::string_view type) {
  const log::SampleKind& kind = profile::SampleKindOf(type);
  return *kind.name == 0 ? std::string() : NameOf(kind);
}

}  // namespace mqtrack::figures
