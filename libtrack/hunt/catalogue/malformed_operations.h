// A chapter of the catalogue. Each packet with one thing wrong in its form.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddMalformed(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
