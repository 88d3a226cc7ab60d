// Calls that change what the recorder knows: a thread's name, and which libraries are mapped.
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::real;
using mqtrack::hooks::StartOnce;
using mqtrack::recorder::recorder;

#pragma GCC visibility push(default)
extern "C" {

int pthread_setname_np(pthread_t thread, const char* name) {
  StartOnce();
  const int error = real.pthread_setname_np(thread, name);
  // Of another thread's new name that thread learns when it next reads its own.
  if (error == 0 && ::pthread_equal(thread, ::pthread_self()) != 0) recorder.ThreadRenamed();
  return error;
}

int dlclose(void* handle) {
  StartOnce();
  const int result = real.dlclose(handle);
  if (phase == Phase::kRunning) recorder.LibrariesChanged();
  return result;
}

}  // extern "C"
#pragma GCC visibility pop
