// What became of signals before this process was executed: ignored or not, blocked or not.
//
// A service finds them as it would without mqtrack. Past the C library, which keeps two signals for itself: its
// posix_spawn ignores them in what it starts, and its sigaction refuses them.
#pragma once

#include <signal.h>

namespace mqtrack::process {

/// Call it first in main, before anything sets a signal. Otherwise the first GiveInheritedSignals takes what is set
/// then.
void RememberInheritedSignals();

/// Sets every signal as it was, and blocks those of `mask`. For a child between fork and exec: async-signal-safe if
/// RememberInheritedSignals was called before the fork.
void GiveInheritedSignals(const sigset_t& mask);

}  // namespace mqtrack::process
