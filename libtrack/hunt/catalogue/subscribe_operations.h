// A chapter of the catalogue. SUBSCRIBE and UNSUBSCRIBE.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddSubscriptions(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
