// What a hunt found, as a table.
#pragma once

#include <string>

#include "libtrack/hunt/hunt_result.h"

namespace mqtrack::reports {

struct HuntOptions {
  bool all = false;                      // also the operations that left nothing
  bool stacks = false;                   // the stack of each site
  std::string command = "mqtrack hunt";  // how to repeat one: "mqtrack hunt --only OP -- mosquitto -c broker.conf"
  std::string behind;                    // "-- mosquitto -c broker.conf"
};

[[nodiscard]] std::string RenderHuntText(const hunt::HuntResult& result, const HuntOptions& options);

}  // namespace mqtrack::reports
