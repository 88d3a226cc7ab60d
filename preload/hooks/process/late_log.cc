#include "preload/hooks/process/late_log.h"

#include <unistd.h>

#include "preload/hooks/descriptors/descriptors.h"
#include "preload/hooks/memory/heap_before.h"
#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/process/without_log.h"
#include "preload/hooks/threads/thread_records.h"
#include "preload/hooks/timers/timer_records.h"
#include "preload/recorder/fork_handlers.h"
#include "preload/recorder/heap_blocks.h"
#include "preload/recorder/packets/mqtt_clients.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/signals_held.h"

namespace mqtrack::hooks {
namespace {

using recorder::fork_handlers;
using recorder::ForkedLog;
using recorder::Inside;
using recorder::StoreRelaxed;
using recorder::thread_state;

/// The log is a copy of the parent's as it was at the fork. Descriptors are followed only from now on: a child that
/// will execute something closes and copies them before.
void BringCopyUpToDate() {
  ForgetThreadsAfterFork();
  ForgetTimersAfterFork();
  ForgetDescriptorsAfterFork();
  recorder::mappings.RepairAfterFork();
  recorder::packet_tracker.ForgetClientsAfterFork(true);
}

/// The log is new: what the child has inherited goes in by kinds.
void RecordInheritance() {
  recorder::HeapBlocks::Reset();
  RecordHeapBefore();
  recorder::mqtt_clients.Reset();
  recorder::packet_tracker.Start(recorder::recorder.LabelsPackets());
  RecordInheritedDescriptors();
  recorder::mappings.Reset();
  RecordInheritedMappings();
  RecordThreadAfterFork();
}

void TakeLateLog() {
  const recorder::ErrnoKeeper keep_errno;
  if (!fork_handlers.IsLateChild()) return;  // one of vfork, in the memory of the child that is meant
  const recorder::SignalsHeld held;
  if (!recorder::Swap(gate.is_late, 1u, 0u)) return;
  const Inside before = thread_state.inside;
  thread_state.inside = Inside::kSetup;
  const ForkedLog log = fork_handlers.TakeLate();
  if (log == ForkedLog::kCopy) BringCopyUpToDate();
  if (log == ForkedLog::kNew) RecordInheritance();
  if (log == ForkedLog::kNew) recorder::recorder.MarkInherited();
  thread_state.inside = before;
  StoreRelaxed(gate.is_own, log != ForkedLog::kNone ? 1u : 0u);
  UpdateGate();
  if (log == ForkedLog::kNone) CountThisWithoutLog();
}

}  // namespace

void SettleForkSlowly() {
  if (recorder::LoadAcquire(gate.is_late) != 0) return TakeLateLog();
  if (!recorder::Swap(gate.is_watched, 1u, 0u)) return;
  fork_handlers.TellChange();
  UpdateGate();
}

void EndRecording(recorder::Recorder::End end) {
  if (!IsRecorded() || recorder::recorder.IsInChildOfVfork()) return;
  recorder::recorder.MarkEnded(end);
  if (recorder::LoadAcquire(gate.is_watched) != 0) fork_handlers.TellEnd();
}

}  // namespace mqtrack::hooks
