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

/// True if `name` is meant by `pattern`, in which '*' stands for any text.
[[nodiscard]] bool IsNamed(std::string_view name, std::string_view pattern);

// The chapters of the catalogue, each in catalogue/<its name>.cc.
void AddConnects(std::vector<Operation>& to);
void AddMessages(std::vector<Operation>& to);
void AddSubscriptions(std::vector<Operation>& to);
void AddProperties(std::vector<Operation>& to);
void AddReasons(std::vector<Operation>& to);
void AddMalformed(std::vector<Operation>& to);
void AddEndings(std::vector<Operation>& to);
void AddTransports(std::vector<Operation>& to);
void AddSessions(std::vector<Operation>& to);

}  // namespace mqtrack::hunt
