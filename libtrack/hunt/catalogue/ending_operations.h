// A chapter of the catalogue. Every way a connection can end, in every state of its client.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddEndings(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
