// A chapter of the catalogue. What happens below MQTT.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddTransports(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
