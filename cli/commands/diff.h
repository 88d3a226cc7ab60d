#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack diff`.
[[nodiscard]] std::unique_ptr<Command> MakeDiffCommand();

}  // namespace mqtrack::cli
