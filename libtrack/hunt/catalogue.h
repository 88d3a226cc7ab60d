// Every operation that is known, in the order in which they are played.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libtrack/hunt/operation.h"

namespace mqtrack::hunt {

/// Derived from the tables of the specifications: each packet, flag, property, reason and way to end a connection, in
/// each state and version. Names are unique.
[[nodiscard]] const std::vector<Operation>& Catalogue();

/// The chapter of an operation: "publish" of "311.publish.qos0.nobody", "client" of "client.refuse-5".
[[nodiscard]] std::string ChapterOf(std::string_view name);

/// True if `name` is meant by `pattern`, in which '*' stands for any text.
[[nodiscard]] bool IsNamed(std::string_view name, std::string_view pattern);

}  // namespace mqtrack::hunt
