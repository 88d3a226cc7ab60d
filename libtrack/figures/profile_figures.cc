#include "libtrack/figures/profile_figures.h"

#include <map>
#include <string>

#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/log/packet_types.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::figures {
namespace {

void AddTotals(const profile::Profile& profile, Figures& figures) {
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    const std::string name = FigureOfSampleType(profile.sample_types[i].type);
    if (!name.empty()) figures.AddIfKnown(name, profile::Total(profile, i));
  }
}

void AddPackets(const analysis::WorkDone& work, Figures& figures) {
  if (!work.is_known) return;
  for (std::size_t type = 1; type < log::kPacketTypes; ++type) {
    const auto add = [&](std::int64_t count, const char* direction) {
      figures.Add("mqtrack_mqtt_packets", static_cast<double>(count),
                  {{"type", log::kPacketNames[type]}, {"direction", direction}});
    };
    add(work.received[type], "received");
    add(work.sent[type], "sent");
  }
  figures.Add("mqtrack_mqtt_uncounted_connections", static_cast<double>(work.uncounted_senders));
}

void AddBroker(const analysis::BrokerState& broker, Figures& figures) {
  if (!broker.is_known) return;
  figures.Add("mqtrack_broker_complete", broker.is_complete ? 1 : 0);
  for (const analysis::BrokerFigure& row : analysis::kBrokerFigures) {
    figures.AddIfKnown("mqtrack_broker_" + std::string(row.name), broker.*row.value);
  }
}

void AddRecorder(const profile::Profile& profile, const analysis::Side& side, Figures& figures) {
  if (!profile::FindFact(profile, "losses")) return;  // of another producer
  figures.AddIfKnown("mqtrack_recorder_losses", side.losses);
  figures.AddIfKnown("mqtrack_recorder_lost_bytes", side.lost_bytes);
  figures.AddIfKnown("mqtrack_recorder_unseen_frees", side.unseen_frees);
  figures.AddIfKnown("mqtrack_recorder_lost_connections", side.lost_connections);
  if (const auto bytes = profile::FindFact(profile, "log_bytes")) {
    figures.AddIfKnown("mqtrack_recorder_log_bytes",
                       support::ParseCount(*bytes).ok() ? *support::ParseCount(*bytes) : -1);
  }
}

}  // namespace

void AddProfileFigures(const profile::Profile& profile, Figures& figures) {
  const analysis::Side side = analysis::DescribeSide(profile);
  AddRecorder(profile, side, figures);
  if (side.memory.room >= 0) {
    const bool is_group = side.memory.room_of.starts_with("cgroup ");
    figures.Add("mqtrack_memory_room_bytes", static_cast<double>(side.memory.room),
                {{"limit", is_group ? "cgroup" : "machine"}});
  }
  AddTotals(profile, figures);
  AddPackets(side.work, figures);
  AddBroker(side.broker, figures);
}

void AddSiteFigures(const profile::Profile& profile, const analysis::WrapperList& wrappers, std::size_t most,
                    Figures& figures) {
  analysis::SiteOptions options;
  options.sample_type = std::string(profile::kInuseSpace);
  const support::Result<analysis::SiteTable> table = analysis::TopSites(profile, wrappers, options);
  if (!table) return;                                                 // no live bytes in it
  std::map<std::pair<std::string, std::string>, std::int64_t> sites;  // two places may bear one name
  std::int64_t others = table->total;
  for (std::size_t i = 0; i < table->sites.size() && i < most; ++i) {
    const analysis::Site& site = table->sites[i];
    const bool is_nameless = site.function.find("+0x") != std::string::npos;
    sites[{is_nameless ? "(no name)" : site.function, site.module}] += site.value;
    others -= site.value;
  }
  for (const auto& [name, bytes] : sites) {
    figures.Add("mqtrack_site_bytes", static_cast<double>(bytes), {{"site", name.first}, {"module", name.second}});
  }
  figures.Add("mqtrack_site_bytes", static_cast<double>(others), {{"site", "(other)"}, {"module", ""}});
}

}  // namespace mqtrack::figures
