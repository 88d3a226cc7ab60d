// Tells the `mqtrack run` that started it all of processes that leave no log, and of programs that are executed. The
// file for it (RunTally, libtrack/log/layout.h) is mapped at the start and stays so, over fork as well. Nothing here
// needs the file system afterwards, nor a system call, and memory that exists is written to, never a file: limits on
// file sizes kill nobody.
#pragma once

#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

enum class WithoutLog {
  kShortLife,    // recorded, and ended so soon that its log was removed
  kNotRecorded,  // could not have one
};

/// At the start, once. Without a run, or where its file cannot be opened, nothing below does anything.
void MapRunTally(const LogSettings& settings);
/// True of the memory that the run's file takes.
[[nodiscard]] bool IsInRunTally(std::uintptr_t address);
/// The run that counts here, as kEnvRun has it; 0: none.
[[nodiscard]] std::uint64_t CountingRun();

/// Counts this process.
void CountWithoutLog(WithoutLog why, const char* comm);
/// Takes a kNotRecorded back: the process executes something, which speaks for itself.
void UncountNotRecorded();

/// `pid` is about to execute a program, or has executed one that cannot load the recorder. errno may change.
void CountExecuted(std::uint32_t pid, const char* path);
/// `pid` did not execute it after all, or is a recorder that has started.
void UncountExecuted(std::uint32_t pid);

}  // namespace mqtrack::recorder
