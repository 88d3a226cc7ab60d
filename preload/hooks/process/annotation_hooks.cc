// What a service calls through libtrack/include/track/track.h. These functions replace none; the service refers to them
// weakly, and finds them here if the recorder is in the process.
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/process/snapshot_request.h"
#include "preload/hooks/resource_scope.h"
#include "preload/recorder/labels/regions.h"
#include "preload/recorder/own_resources.h"

namespace {

using mqtrack::hooks::ResourceScope;
using mqtrack::recorder::own_resources;
using mqtrack::recorder::recorder;
using mqtrack::recorder::regions;

std::uint64_t HandleOf(const void* handle) { return reinterpret_cast<std::uintptr_t>(handle); }

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int mqtrack_v1_is_recording() { return mqtrack::hooks::WillRecord() && recorder.recording() ? 1 : 0; }

void mqtrack_v1_region_enter(void* token, const char* name) {
  mqtrack::recorder::StartFrame frame = MQTRACK_HOOK_FRAME;
  const ResourceScope scope(frame);
  if (scope.records()) regions.Enter(token, name, frame);
}

void mqtrack_v1_region_leave(void* token) {
  mqtrack::recorder::StartFrame frame = MQTRACK_HOOK_FRAME;
  const ResourceScope scope(frame);
  if (scope.records()) regions.Leave(token, frame);
}

void mqtrack_v1_acquire(const char* kind, const void* handle, std::size_t bytes) {
  mqtrack::recorder::StartFrame frame = MQTRACK_HOOK_FRAME;
  const ResourceScope scope(frame);
  if (scope.records()) own_resources.Acquire(kind, HandleOf(handle), bytes, frame);
}

void mqtrack_v1_release(const char* kind, const void* handle) {
  const ResourceScope scope(MQTRACK_HOOK_FRAME);
  if (scope.records()) own_resources.Release(kind, HandleOf(handle));
}

int mqtrack_v1_snapshot(const char* name) { return mqtrack::hooks::TakeOwnSnapshot(name); }

const char* mqtrack_v1_snapshot_error() { return mqtrack::hooks::SnapshotError(); }

}  // extern "C"
#pragma GCC visibility pop
