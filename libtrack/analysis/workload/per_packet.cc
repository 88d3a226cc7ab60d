#include "libtrack/analysis/workload/per_packet.h"

#include "libtrack/log/packet_types.h"

namespace mqtrack::analysis {
namespace {

constexpr std::int64_t kFewestPackets = 10;
constexpr std::int64_t kMostObjects = 64;  // for one packet; more than that fits by chance

}  // namespace

std::optional<PerPacket> FindPerPacket(const WorkDone& between, std::int64_t growth,
                                       std::optional<std::int64_t> object_growth, const std::string& cause) {
  if (!between.is_known || growth <= 0) return std::nullopt;
  std::optional<PerPacket> best;
  const auto consider = [&](std::size_t type, bool is_sent, std::int64_t packets) {
    const std::int64_t objects = object_growth.value_or(growth);
    if (packets < kFewestPackets || objects <= 0 || objects % packets != 0 || objects / packets > kMostObjects) return;
    if (best && packets <= best->packets) return;
    const std::int64_t rest = growth % packets;
    const std::int64_t each = growth / packets + (rest >= packets - rest ? 1 : 0);
    best = PerPacket{type, is_sent, packets, each, object_growth ? objects / packets : 0, rest == 0};
  };
  for (std::size_t type = 1; type < log::kPacketTypes; ++type) {
    if (cause.empty() || cause == log::kPacketNames[type]) consider(type, false, between.received[type]);
  }
  for (std::size_t type = 1; cause.empty() && type < log::kPacketTypes; ++type)
    consider(type, true, between.sent[type]);
  return best;
}

}  // namespace mqtrack::analysis
