// Which file a command would run.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::procfs {

/// Exit statuses a shell gives for a command that could not be started.
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

/// A command that cannot be started: the status a shell would give, and why.
struct StartProblem {
  int exit_code = kExitNotFound;
  std::string text;
};

/// A file to run, or a problem (exit_code != 0).
struct Executable {
  std::string path;
  StartProblem problem{0, {}};
};

/// As execvp looks for it: a name with a slash as it is, else the first executable of that name in PATH.
[[nodiscard]] Executable FindExecutable(const std::string& program);

/// The words after "#!" of a script: interpreter and at most one argument. Empty for anything else.
[[nodiscard]] std::vector<std::string> ReadInterpreterLine(const std::string& path);

}  // namespace mqtrack::procfs
