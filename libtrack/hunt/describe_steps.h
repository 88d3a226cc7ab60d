// An operation's steps in words, with the bytes, for who wants to repeat it by other means.
#pragma once

#include <string>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

/// A line for each step: "2  client 0  sends 101000044d51…". Marks of rounds stand as "@@@@@@@@".
[[nodiscard]] std::string DescribeSteps(const Operation& operation);

}  // namespace mqtrack::hunt
