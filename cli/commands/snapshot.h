#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

/// `mqtrack snapshot`.
[[nodiscard]] std::unique_ptr<Command> MakeSnapshotCommand();

}  // namespace mqtrack::cli
