#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack gate`.
[[nodiscard]] std::unique_ptr<Command> MakeGateCommand();

}  // namespace mqtrack::cli
