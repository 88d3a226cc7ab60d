// mqtrack threads: every thread's current stack.
#pragma once

#include <memory>

#include "cli/command.h"

namespace mqtrack::cli {

[[nodiscard]] std::unique_ptr<Command> MakeThreadsCommand();

}  // namespace mqtrack::cli
