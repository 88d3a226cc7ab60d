#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack run`.
[[nodiscard]] std::unique_ptr<Command> MakeRunCommand();

}  // namespace mqtrack::cli
