// Calls that change what the recorder knows or may use: a thread's name, which libraries are mapped, limits, the end.
#include <sys/resource.h>
#include <unistd.h>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/threads/thread_records.h"
#include "preload/recorder/fork_handlers.h"
#include "preload/recorder/thread_labels.h"
#include "preload/recorder/unwinding/rule_cache.h"

using mqtrack::hooks::EndRecording;
using mqtrack::hooks::gate;
using mqtrack::hooks::OwnThreadNamed;
using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::real;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::ThreadNamed;
using mqtrack::recorder::fork_handlers;
using mqtrack::recorder::InvalidateRules;
using mqtrack::recorder::LoadAcquire;
using mqtrack::recorder::recorder;
using mqtrack::recorder::ThreadLabels;

namespace {

void NoteLimit(int resource, const rlimit* limit) {
  static_assert(sizeof(rlimit) == sizeof(rlimit64));
  if (resource != RLIMIT_AS || limit == nullptr || limit->rlim_cur == RLIM_INFINITY || phase != Phase::kRunning) return;
  // A child of vfork limits itself, not its parent, whose memory it uses.
  const bool is_late = LoadAcquire(gate.is_late) != 0;
  if (is_late ? fork_handlers.IsLateChild() : !recorder.IsInChildOfVfork())
    recorder.AddressSpaceLimited(limit->rlim_cur);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int pthread_setname_np(pthread_t thread, const char* name) {
  StartOnce();
  const int error = real.pthread_setname_np(thread, name);
  if (error != 0) return error;
  if (::pthread_equal(thread, ::pthread_self()) != 0) {
    ThreadLabels::Renamed();
    OwnThreadNamed(name, MQTRACK_HOOK_FRAME);
  } else {
    // What that thread creates bears its new name when it next reads its own.
    ThreadNamed(thread, name, MQTRACK_HOOK_FRAME);
  }
  return error;
}

int dlclose(void* handle) {
  StartOnce();
  const int result = real.dlclose(handle);
  mqtrack::hooks::ForgetCallers();
  if (phase == Phase::kRunning) InvalidateRules();
  return result;
}

/// exit() runs our destructor; this goes past it. Also called in children of vfork, in their parent's memory.
void _exit(int status) {
  StartOnce();
  EndRecording(mqtrack::recorder::Recorder::End::kExit);
  real.quick_end(status);
  __builtin_unreachable();
}
void _Exit(int status) { _exit(status); }

// What the log has set aside counts as used address space: a service that limits its own must not find it taken.
int setrlimit(__rlimit_resource_t resource, const rlimit* limit) noexcept {
  StartOnce();
  const int result = real.setrlimit(resource, limit);
  if (result == 0) NoteLimit(resource, limit);
  return result;
}
int setrlimit64(__rlimit_resource_t resource, const rlimit64* limit) noexcept {
  return setrlimit(resource, reinterpret_cast<const rlimit*>(limit));
}
int prlimit(pid_t pid, __rlimit_resource resource, const rlimit* limit, rlimit* before) noexcept {
  StartOnce();
  const int result = real.prlimit(pid, resource, limit, before);
  if (result == 0 && (pid == 0 || pid == ::getpid())) NoteLimit(resource, limit);
  return result;
}
int prlimit64(pid_t pid, __rlimit_resource resource, const rlimit64* limit, rlimit64* before) noexcept {
  return prlimit(pid, resource, reinterpret_cast<const rlimit*>(limit), reinterpret_cast<rlimit*>(before));
}

}  // extern "C"
#pragma GCC visibility pop
