// Calls in which a thread waits for work that is no descriptor, or takes the mutex that guards such work: it is done
// with the packet that it handled. Only a look at a flag; the real function is jumped to, so that a thread which waits
// has no frame of ours.
//
// The mutex is hooked since a thread that finds more in its queue does not wait. Of all mutexes only those matter with
// which the thread itself has waited on a condition variable.
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::FindNext;
using mqtrack::hooks::gate;
using mqtrack::hooks::OnOtherWork;
using mqtrack::recorder::LoadAcquire;

namespace {

// X(name of the function, result, parameters): those that wait for anything, those that wait with a mutex, those that
// take one.
#define MQTRACK_SLEEPS(X)                                               \
  X(sem_wait, int, (sem_t*))                                            \
  X(sem_timedwait, int, (sem_t*, const timespec*))                      \
  X(sem_clockwait, int, (sem_t*, clockid_t, const timespec*))           \
  X(nanosleep, int, (const timespec*, timespec*))                       \
  X(clock_nanosleep, int, (clockid_t, int, const timespec*, timespec*)) \
  X(usleep, int, (useconds_t))                                          \
  X(sleep, unsigned, (unsigned))
#define MQTRACK_CONDITIONS(X)                                                                     \
  X(pthread_cond_wait, int, (pthread_cond_t*, pthread_mutex_t*))                                  \
  X(pthread_cond_timedwait, int, (pthread_cond_t*, pthread_mutex_t*, const timespec*))            \
  X(pthread_cond_clockwait, int, (pthread_cond_t*, pthread_mutex_t*, clockid_t, const timespec*)) \
  X(cnd_wait, int, (cnd_t*, mtx_t*))                                                              \
  X(cnd_timedwait, int, (cnd_t*, mtx_t*, const timespec*))
#define MQTRACK_MUTEXES(X)                                                        \
  X(pthread_mutex_lock, int, (pthread_mutex_t*))                                  \
  X(pthread_mutex_trylock, int, (pthread_mutex_t*))                               \
  X(pthread_mutex_timedlock, int, (pthread_mutex_t*, const timespec*))            \
  X(pthread_mutex_clocklock, int, (pthread_mutex_t*, clockid_t, const timespec*)) \
  X(mtx_lock, int, (mtx_t*))                                                      \
  X(mtx_trylock, int, (mtx_t*))                                                   \
  X(mtx_timedlock, int, (mtx_t*, const timespec*))

#define MQTRACK_FIELD(name, result, parameters) result(*name) parameters;
struct QueueFunctions {
  MQTRACK_SLEEPS(MQTRACK_FIELD)
  MQTRACK_CONDITIONS(MQTRACK_FIELD)
  MQTRACK_MUTEXES(MQTRACK_FIELD)
};
#undef MQTRACK_FIELD
constinit QueueFunctions next = {};

/// Called before the recorder has started too, which these calls do not make it do: a mutex may be taken anywhere.
template <typename Function>
[[gnu::always_inline]] inline Function& Resolved(Function& function, const char* symbol) {
  if (function == nullptr) [[unlikely]]
    function = reinterpret_cast<Function>(FindNext(symbol));
  return function;
}

void OnCondition(const void* mutex) {
  if (LoadAcquire(gate.has_packets) == 0) return;
  mqtrack::recorder::thread_state.queue_mutex = mutex;
  mqtrack::recorder::PacketLabels::End();
}

void OnMutex(const void* mutex, mqtrack::recorder::StartFrame frame) {
  if (LoadAcquire(gate.has_packets) != 0) mqtrack::recorder::NoteMutex(mutex, frame);
}

}  // namespace

void mqtrack::hooks::ResolveQueueFunctions() {
#define MQTRACK_RESOLVE(name, result, parameters) \
  if (next.name == nullptr) next.name = reinterpret_cast<result(*) parameters>(FindNext(#name));
  MQTRACK_SLEEPS(MQTRACK_RESOLVE)
  MQTRACK_CONDITIONS(MQTRACK_RESOLVE)
  MQTRACK_MUTEXES(MQTRACK_RESOLVE)
#undef MQTRACK_RESOLVE
}

#define MQTRACK_CALL(name, ...) return Resolved(next.name, #name)(__VA_ARGS__)

#pragma GCC visibility push(default)
extern "C" {

int sem_wait(sem_t* semaphore) {
  OnOtherWork();
  MQTRACK_CALL(sem_wait, semaphore);
}
int sem_timedwait(sem_t* semaphore, const timespec* until) {
  OnOtherWork();
  MQTRACK_CALL(sem_timedwait, semaphore, until);
}
int sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* until) {
  OnOtherWork();
  MQTRACK_CALL(sem_clockwait, semaphore, clock, until);
}
int nanosleep(const timespec* time, timespec* left) {
  OnOtherWork();
  MQTRACK_CALL(nanosleep, time, left);
}
int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
  OnOtherWork();
  MQTRACK_CALL(clock_nanosleep, clock, flags, time, left);
}
int usleep(useconds_t microseconds) {
  OnOtherWork();
  MQTRACK_CALL(usleep, microseconds);
}
unsigned sleep(unsigned seconds) {
  OnOtherWork();
  MQTRACK_CALL(sleep, seconds);
}

int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  OnCondition(mutex);
  MQTRACK_CALL(pthread_cond_wait, condition, mutex);
}
int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* until) {
  OnCondition(mutex);
  MQTRACK_CALL(pthread_cond_timedwait, condition, mutex, until);
}
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock, const timespec* until) {
  OnCondition(mutex);
  MQTRACK_CALL(pthread_cond_clockwait, condition, mutex, clock, until);
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  OnCondition(mutex);
  MQTRACK_CALL(cnd_wait, condition, mutex);
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  OnCondition(mutex);
  MQTRACK_CALL(cnd_timedwait, condition, mutex, until);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(pthread_mutex_lock, mutex);
}
int pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(pthread_mutex_trylock, mutex);
}
int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* until) noexcept {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(pthread_mutex_timedlock, mutex, until);
}
int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) noexcept {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(pthread_mutex_clocklock, mutex, clock, until);
}
int mtx_lock(mtx_t* mutex) {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(mtx_lock, mutex);
}
int mtx_trylock(mtx_t* mutex) {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(mtx_trylock, mutex);
}
int mtx_timedlock(mtx_t* mutex, const timespec* until) {
  OnMutex(mutex, MQTRACK_HOOK_FRAME);
  MQTRACK_CALL(mtx_timedlock, mutex, until);
}

}  // extern "C"
#pragma GCC visibility pop
