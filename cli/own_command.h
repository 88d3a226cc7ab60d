// The command line of this process, to be repeated.
#pragma once

#include <string>

namespace mqtrack::cli {

/// "mqtrack diagnose mosquitto --for 1h", each word as a shell reads it back; empty if the kernel does not tell.
[[nodiscard]] std::string OwnCommand();

}  // namespace mqtrack::cli
