#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack report`.
[[nodiscard]] std::unique_ptr<Command> MakeReportCommand();

}  // namespace mqtrack::cli
