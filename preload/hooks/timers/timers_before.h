// Timers that a process has when the recorder is put into it. What libuv and libevent keep cannot be asked for.
#pragma once

namespace mqtrack::hooks {

/// Enters POSIX timers, as /proc/self/timers lists them, and those of setitimer that repeat. Called while all hooks
/// still pass through.
void RecordTimersBefore();
/// Enters the timer behind a descriptor that was there before.
void RecordTimerFdBefore(int fd);

}  // namespace mqtrack::hooks
