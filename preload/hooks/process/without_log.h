// Tells the run of a process that is not recorded (run_tally.h): one whose log could not be made, or that was made
// behind fork's back.
#pragma once

#include "preload/hooks/hook_scope.h"

namespace mqtrack::hooks {

/// Counts this process, once.
void CountThisWithoutLog();
/// It has a log after all, or is about to execute something that speaks for itself. True if it was counted.
bool UncountThisWithoutLog();

/// In a hook of a process that does not record. A child made behind fork's back is noticed by the first one that it
/// calls.
inline void NoteHookWithoutLog() {
  const bool is_started = phase == Phase::kRunning || phase == Phase::kOff;
  if (is_started && (recorder::LoadRelaxed(gate.is_own) | recorder::LoadRelaxed(gate.is_counted)) == 0) [[unlikely]]
    CountThisWithoutLog();
}

/// This process executes, or has started, a program that may be of another run, or of none. `environment` is what that
/// gets.
[[nodiscard]] bool IsOfAnotherRun(char* const environment[]);
/// A program that was executed with `environment` from `path`, or from the PATH if that has no slash, is static or
/// set-uid, or was not told to load the recorder. False where that cannot be seen.
[[nodiscard]] bool CannotLoadRecorder(const char* path, char* const environment[]);

}  // namespace mqtrack::hooks
