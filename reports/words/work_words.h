// What a service did, in words and as fields: the MQTT packets that it received and sent, and growth beside them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libtrack/analysis/sites.h"

namespace mqtrack::reports {

/// "received 500 PUBLISH and 3 CONNECT, sent 500 PUBACK": of a comparison what was done in between, else since the
/// recording began. Empty where nobody counted, and where there never was a packet.
[[nodiscard]] std::string WorkSentence(const analysis::SiteTable& table);

/// Of what was done in between; empty where nobody counted, and where there was no packet.
[[nodiscard]] std::string WorkWords(const analysis::WorkDone& between);

/// "24 bytes in 1 object for each of 500 PUBLISH received", or empty.
[[nodiscard]] std::string PerPacketWords(const analysis::SiteTable& table, const analysis::Site& site);

/// The same as fields; null where nobody counted.
[[nodiscard]] nlohmann::ordered_json WorkJson(const analysis::SiteTable& table);
[[nodiscard]] nlohmann::ordered_json WorkJson(const analysis::WorkDone& work);
[[nodiscard]] nlohmann::ordered_json PerPacketJson(const analysis::PerPacket& per_packet);

}  // namespace mqtrack::reports
