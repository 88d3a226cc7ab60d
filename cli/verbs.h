// The verbs of mqtrack, in the order in which the help shows them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace mqtrack::cli {

struct Verb {
  std::string name;
  std::string summary;  // one line, without a full stop
  std::unique_ptr<Command> (*make)();
};

/// All verbs. The list is built on first use and never changes.
[[nodiscard]] const std::vector<Verb>& Verbs();

/// The verb of this name, or null.
[[nodiscard]] const Verb* FindVerb(std::string_view name);

}  // namespace mqtrack::cli
