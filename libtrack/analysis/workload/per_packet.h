// Growth that is a whole number for each packet of one type: a message that nobody frees, a node for each client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "libtrack/analysis/workload/work_done.h"

namespace mqtrack::analysis {

/// So much grew for each of `packets` packets: the same number of objects, and so many bytes on average.
struct PerPacket {
  std::size_t type = 0;  // number of the packet's type
  bool is_sent = false;
  std::int64_t packets = 0;
  std::int64_t value = 0, objects = 0;  // for each; objects 0: they are not counted
  bool is_exact = true;                 // false: the value is rounded, since it differs between packets
};

/// What one site's growth is to the work that was done, if it is a whole number of objects for each packet of one type;
/// nothing if it is not. Where objects are not counted, the value must be one.
///
/// `cause`: the packet that was handled whenever some of it was made (label mqtt_packet), "" if none was. Only that
/// type's packets are compared, where there is one; else those of which there were the most.
/// Fewer than ten packets prove nothing.
[[nodiscard]] std::optional<PerPacket> FindPerPacket(const WorkDone& between, std::int64_t growth,
                                                     std::optional<std::int64_t> object_growth,
                                                     const std::string& cause);

}  // namespace mqtrack::analysis
