// What a hunt found, as a table.
#pragma once

#include <string>

#include "libtrack/hunt/hunt_result.h"

namespace mqtrack::reports {

struct HuntOptions {
  bool all = false;     // also the operations that left nothing
  bool stacks = false;  // the stack of each site
  bool colour = false;
  int width_columns = 0;  // 0: no limit
  /// A command line that plays one operation again, around its --only: "mqtrack hunt", and
  /// "--rounds 1000 --keep -- mosquitto -c broker.conf".
  std::string repeat_before, repeat_behind;
};

[[nodiscard]] std::string RenderHuntText(const hunt::HuntResult& result, const HuntOptions& options);

}  // namespace mqtrack::reports
