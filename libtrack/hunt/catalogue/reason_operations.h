// A chapter of the catalogue. Reason codes of MQTT 5.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddReasons(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
