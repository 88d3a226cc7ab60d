// The crash reporter: a library of its own beside the recorder, preloaded by `mqtrack run --crash-report` only, since
// it takes over the handlers of fatal signals. It finds the stack by Boost.Stacktrace and hands it to the recorder,
// which keeps it in the log. It needs the C library alone, as the recorder does: the unwinder of the compiler is linked
// in.
#include "preload/crash/alternate_stacks.h"
#include "preload/crash/fatal_signals.h"
#include "preload/crash/filter_hooks.h"
#include "preload/crash/signal_hooks.h"
#include "preload/crash/stack_dump.h"

namespace {

[[gnu::constructor]] void StartCrashReport() {
  mqtrack::crash::FindSignalFunctions();
  mqtrack::crash::FindSandboxFunctions();
  mqtrack::crash::PrepareDump();
  mqtrack::crash::GiveMainThreadStack();
  mqtrack::crash::TakeOver();
}

}  // namespace
