// The command's own stack: it runs under the limits that its user has set for the service (ulimit -s), and libdw alone
// needs more than 128 KiB.
#pragma once

namespace mqtrack::cli {

/// Calls `run` and returns what it does: on a stack of its own if the process's is limited to less than the command
/// needs, so that children still get the limit. Once in a process.
int RunWithStackRoom(int (*run)(int, char**), int count, char** words);

}  // namespace mqtrack::cli
