// A stack for the bug report, should mqtrack itself crash.
#pragma once

namespace mqtrack::cli {

/// From now on a fatal signal (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT) prints the stack to standard error, as offsets
/// into the executable that addr2line reads, and then ends the process by that signal as before. A command that is
/// started inherits none of it.
void InstallCrashReport();

}  // namespace mqtrack::cli
