// Start of the recorder in a process that is running already. Of a preloaded one, start.cc is in charge alone.
#pragma once

#include "libtrack/log/attach_layout.h"

namespace mqtrack::hooks {

/// True if the dynamic loader loaded this library before the program started (LD_PRELOAD); false after dlopen.
[[nodiscard]] bool CameWithTheProgram();

/// Opens a log, a new one each time; hooks go on passing everything through. On failure `why` says what is the matter,
/// and nothing has changed.
[[nodiscard]] bool OpenLog(const log::AttachRequest& request, const char*& why);
/// From now on hooks record.
void SwitchOn();
/// From now on they pass everything through; the log is marked as ended and stays mapped, for threads that are inside a
/// hook.
void SwitchOff();
/// False in a child that was made behind fork's back.
[[nodiscard]] bool IsThisProcessRecorded();

}  // namespace mqtrack::hooks
