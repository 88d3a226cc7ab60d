#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack list`.
[[nodiscard]] std::unique_ptr<Command> MakeListCommand();

}  // namespace mqtrack::cli
