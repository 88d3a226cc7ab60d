// A chapter of the catalogue. CONNECT: accepted, refused, repeated, taken over; wills; and what is no CONNECT where one
// belongs.
#pragma once

#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

void AddConnects(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
