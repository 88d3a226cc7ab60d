// Tells the `mqtrack run` that started it all of a process that leaves no log.
#pragma once

#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

enum class WithoutLog {
  kShortLife,    // recorded, and ended so soon that its log was removed
  kNotRecorded,  // could not have one
};

/// Counts this process in the run's tally (RunTally, libtrack/log/layout.h). Where there is none, or it cannot be
/// opened, nothing happens. Memory that exists is written to, never a file: limits on file sizes kill nobody. errno
/// may change.
void CountWithoutLog(const LogSettings& settings, WithoutLog why, const char* comm);

}  // namespace mqtrack::recorder
