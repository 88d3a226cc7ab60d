// A chapter of the catalogue. Each property of MQTT 5 in each packet of a client.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddProperties(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
