#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack top`.
[[nodiscard]] std::unique_ptr<Command> MakeTopCommand();

}  // namespace mqtrack::cli
