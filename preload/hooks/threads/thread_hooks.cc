// Threads of POSIX and of C11. The end of a thread needs no hook (threads.h). The real functions are called without the
// guard: they allocate, wait, and may be left by cancellation.
#include <pthread.h>
#include <threads.h>

#include <cerrno>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/threads/thread_records.h"

using mqtrack::hooks::AbandonThread;
using mqtrack::hooks::DetachingThread;
using mqtrack::hooks::JoiningThread;
using mqtrack::hooks::NewThread;
using mqtrack::hooks::real;
using mqtrack::hooks::RunThread;
using mqtrack::hooks::StartOnce;
using mqtrack::hooks::ThreadDetached;
using mqtrack::hooks::ThreadJoined;
using mqtrack::hooks::ThreadSlot;

namespace {

/// The int that a C11 thread returns travels in the register of a pointer, here as in the C library itself. Compilers
/// let one function pointer become another without a warning by way of this one.
using AnyFunction = void (*)();
using PosixRoutine = void* (*)(void*);
PosixRoutine AsPosix(thrd_start_t routine) {
  return reinterpret_cast<PosixRoutine>(reinterpret_cast<AnyFunction>(routine));
}
thrd_start_t AsC11(PosixRoutine routine) {
  return reinterpret_cast<thrd_start_t>(reinterpret_cast<AnyFunction>(routine));
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*routine)(void*),
                   void* argument) noexcept {
  StartOnce();
  ThreadSlot* slot = NewThread(attributes, routine, argument, MQTRACK_HOOK_FRAME);
  if (slot == nullptr) return real.pthread_create(thread, attributes, routine, argument);
  const int error = real.pthread_create(thread, attributes, RunThread, slot);
  if (error != 0) AbandonThread(*slot, MQTRACK_HOOK_FRAME);
  return error;
}

int thrd_create(thrd_t* thread, thrd_start_t routine, void* argument) {
  StartOnce();
  ThreadSlot* slot = NewThread(nullptr, AsPosix(routine), argument, MQTRACK_HOOK_FRAME);
  if (slot == nullptr) return real.thrd_create(thread, routine, argument);
  const int error = real.thrd_create(thread, AsC11(RunThread), slot);
  if (error != thrd_success) AbandonThread(*slot, MQTRACK_HOOK_FRAME);
  return error;
}

int pthread_join(pthread_t thread, void** result) {
  StartOnce();
  ThreadSlot* slot = JoiningThread(thread);
  const int error = real.pthread_join(thread, result);
  if (error == 0) ThreadJoined(slot, thread, MQTRACK_HOOK_FRAME);
  return error;
}
int pthread_tryjoin_np(pthread_t thread, void** result) noexcept {
  StartOnce();
  ThreadSlot* slot = JoiningThread(thread);
  const int error = real.pthread_tryjoin_np(thread, result);
  if (error == 0) ThreadJoined(slot, thread, MQTRACK_HOOK_FRAME);
  return error;
}
int pthread_timedjoin_np(pthread_t thread, void** result, const timespec* until) {
  StartOnce();
  ThreadSlot* slot = JoiningThread(thread);
  const int error = real.pthread_timedjoin_np(thread, result, until);
  if (error == 0) ThreadJoined(slot, thread, MQTRACK_HOOK_FRAME);
  return error;
}
int pthread_clockjoin_np(pthread_t thread, void** result, clockid_t clock, const timespec* until) {
  StartOnce();
  ThreadSlot* slot = JoiningThread(thread);
  const int error = real.pthread_clockjoin_np(thread, result, clock, until);
  if (error == 0) ThreadJoined(slot, thread, MQTRACK_HOOK_FRAME);
  return error;
}
int thrd_join(thrd_t thread, int* result) {
  StartOnce();
  ThreadSlot* slot = JoiningThread(thread);
  const int error = real.thrd_join(thread, result);
  if (error == thrd_success) ThreadJoined(slot, thread, MQTRACK_HOOK_FRAME);
  return error;
}

int pthread_detach(pthread_t thread) noexcept {
  StartOnce();
  ThreadSlot* slot = DetachingThread(thread);
  const int error = real.pthread_detach(thread);
  if (error == 0 && slot != nullptr) ThreadDetached(slot, MQTRACK_HOOK_FRAME);
  return error;
}
int thrd_detach(thrd_t thread) {
  StartOnce();
  ThreadSlot* slot = DetachingThread(thread);
  const int error = real.thrd_detach(thread);
  if (error == thrd_success && slot != nullptr) ThreadDetached(slot, MQTRACK_HOOK_FRAME);
  return error;
}

}  // extern "C"
#pragma GCC visibility pop
