// A chapter of the catalogue. PUBLISH in every QoS, and its handshakes.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddMessages(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
