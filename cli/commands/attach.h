// mqtrack attach and mqtrack detach.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

[[nodiscard]] std::unique_ptr<Command> MakeAttachCommand();
[[nodiscard]] std::unique_ptr<Command> MakeDetachCommand();

}  // namespace mqtrack::cli
