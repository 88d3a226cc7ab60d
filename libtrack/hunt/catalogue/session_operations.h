// A chapter of the catalogue. Sessions that stay when their client goes, and limits.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddSessions(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
