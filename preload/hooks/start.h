// Start of the recorder in a process that is running already. Of a preloaded one, start.cc is in charge alone.
#pragma once

#include <cstdint>

namespace mqtrack::hooks {

/// True if the dynamic loader loaded this library before the program started (LD_PRELOAD); false after dlopen.
[[nodiscard]] bool CameWithTheProgram();

struct AttachSettings {
  const char* directory;  // of the log; empty: the default one
  std::uint64_t limit_bytes;
  std::uint64_t sample_bytes;
  std::uint64_t without_kinds;  // KindBits
};

/// Opens a log, a new one each time; hooks go on passing everything through. On failure `why` says what is the matter,
/// and nothing has changed.
[[nodiscard]] bool OpenLog(const AttachSettings& settings, const char*& why);
/// From now on hooks record.
void SwitchOn();
/// From now on they pass everything through; the log is marked as ended and stays mapped, for threads that are inside a
/// hook.
void SwitchOff();
/// False in a child that was made behind fork's back.
[[nodiscard]] bool IsThisProcessRecorded();

}  // namespace mqtrack::hooks
