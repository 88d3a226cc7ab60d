#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack clean`.
[[nodiscard]] std::unique_ptr<Command> MakeCleanCommand();

}  // namespace mqtrack::cli
