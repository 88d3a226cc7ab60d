// The log of a child of fork that did not get one at once, because its parent's was large (fork_handlers.h).
#pragma once

#include "preload/hooks/hook_scope.h"

namespace mqtrack::hooks {

/// In such a child, at the first thing that is worth recording: makes its log. In its parent: tells the children that
/// what they have inherited is no longer what the log says. Cheap otherwise.
inline void SettleFork() {
  if ((recorder::LoadAcquire(gate.is_late) | recorder::LoadAcquire(gate.is_watched)) != 0) [[unlikely]]
    SettleForkSlowly();
}

/// As IsRecorded, where something is about to be recorded.
inline bool WillRecord() {
  SettleFork();
  return IsRecorded();
}

/// The process is about to exit, or to become another program: marks the log as ended.
void EndRecording(recorder::Recorder::End end);

}  // namespace mqtrack::hooks
