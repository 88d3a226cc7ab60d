// Exit codes of every command. Documented in docs/cli.md and the man page; scripts rely on them.
#pragma once

namespace mqtrack::cli {

enum ExitCode : int {
  kSuccess = 0,
  kLimitExceeded = 1,  // a gate's limit was exceeded, or a leak was found
  kBadUsage = 2,       // wrong options or unusable input
  kCannotMeasure = 3,  // nothing recorded, events dropped, foreign version: a gate that cannot measure does not pass
};

}  // namespace mqtrack::cli
