// Calls in which a thread waits for its descriptors, and is done with the packet that it handled, or only looks whether
// they are ready, and may not be.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::FindNext;
using mqtrack::hooks::gate;
using mqtrack::hooks::OnLook;
using mqtrack::hooks::OnLooked;
using mqtrack::hooks::OnWait;
using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::StartOnce;
using mqtrack::recorder::LoadAcquire;
using mqtrack::recorder::cpu::KeptFrame;

namespace {

struct WaitFunctions {
  int (*epoll_wait)(int, epoll_event*, int, int);
  int (*epoll_pwait)(int, epoll_event*, int, int, const sigset_t*);
  int (*epoll_pwait2)(int, epoll_event*, int, const timespec*, const sigset_t*);
  int (*poll)(pollfd*, nfds_t, int);
  int (*ppoll)(pollfd*, nfds_t, const timespec*, const sigset_t*);
  int (*poll_chk)(pollfd*, nfds_t, int, std::size_t);
  int (*ppoll_chk)(pollfd*, nfds_t, const timespec*, const sigset_t*, std::size_t);
  int (*select)(int, fd_set*, fd_set*, fd_set*, timeval*);
  int (*pselect)(int, fd_set*, fd_set*, fd_set*, const timespec*, const sigset_t*);
};
constinit WaitFunctions next = {};

template <typename Function>
void Resolve(Function& function, const char* symbol) {
  function = reinterpret_cast<Function>(FindNext(symbol));
}

/// Where the C library has no such function, or the recorder is just starting in another thread.
int Missing() {
  errno = ENOSYS;
  return -1;
}

template <typename Function>
bool IsThere(Function& function, const char* symbol) {
  if (LoadAcquire(gate.is_open) == 0 && phase == Phase::kCold) [[unlikely]]
    StartOnce();
  if (function == nullptr) Resolve(function, symbol);
  return function != nullptr;
}

/// Inlined, and the real function is jumped to: a thread that waits has no frame of ours.
template <typename Function, typename... Arguments>
[[gnu::always_inline]] inline int Wait(mqtrack::recorder::StartFrame frame, Function& function, const char* symbol,
                                       Arguments... arguments) {
  if (!IsThere(function, symbol)) return Missing();
  OnWait(frame);
  return function(arguments...);
}
template <typename Function, typename... Arguments>
[[gnu::noinline]] int Look(mqtrack::recorder::StartFrame frame, Function& function, const char* symbol,
                           Arguments... arguments) {
  if (!IsThere(function, symbol)) return Missing();
  OnLook(frame);
  const int found = function(arguments...);
  OnLooked();
  return found;
}

bool IsZero(int timeout_ms) { return timeout_ms == 0; }
/// Of functions that read it themselves, so that it can be read.
bool IsZero(const timespec* timeout) { return timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0; }
bool IsZero(const timeval* timeout) { return timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_usec == 0; }

}  // namespace

void mqtrack::hooks::ResolveWaitFunctions() {
  Resolve(next.epoll_wait, "epoll_wait");
  Resolve(next.epoll_pwait, "epoll_pwait");
  Resolve(next.epoll_pwait2, "epoll_pwait2");
  Resolve(next.poll, "poll");
  Resolve(next.ppoll, "ppoll");
  Resolve(next.poll_chk, "__poll_chk");
  Resolve(next.ppoll_chk, "__ppoll_chk");
  Resolve(next.select, "select");
  Resolve(next.pselect, "pselect");
}

// `timeout`: the parameter that says whether the call waits.
#define MQTRACK_WAIT(symbol, field, timeout, parameters, ...)                          \
  int symbol parameters {                                                              \
    if (IsZero(timeout)) {                                                             \
      const KeptFrame kept;                                                            \
      return Look(MQTRACK_HOOK_FRAME, next.field, #symbol __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                                  \
    return Wait(MQTRACK_HOOK_FRAME, next.field, #symbol __VA_OPT__(, ) __VA_ARGS__);   \
  }

#pragma GCC visibility push(default)
extern "C" {

MQTRACK_WAIT(epoll_wait, epoll_wait, timeout_ms, (int epoll, epoll_event* events, int count, int timeout_ms), epoll,
             events, count, timeout_ms)
MQTRACK_WAIT(epoll_pwait, epoll_pwait, timeout_ms,
             (int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask), epoll, events, count,
             timeout_ms, mask)
// The kernel alone reads its time; it counts as one that waits.
int epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
  return Wait(MQTRACK_HOOK_FRAME, next.epoll_pwait2, "epoll_pwait2", epoll, events, count, timeout, mask);
}
MQTRACK_WAIT(poll, poll, timeout_ms, (pollfd * descriptors, nfds_t count, int timeout_ms), descriptors, count,
             timeout_ms)
MQTRACK_WAIT(ppoll, ppoll, timeout, (pollfd * descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask),
             descriptors, count, timeout, mask)
MQTRACK_WAIT(__poll_chk, poll_chk, timeout_ms, (pollfd * descriptors, nfds_t count, int timeout_ms, std::size_t room),
             descriptors, count, timeout_ms, room)
MQTRACK_WAIT(__ppoll_chk, ppoll_chk, timeout,
             (pollfd * descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask, std::size_t room),
             descriptors, count, timeout, mask, room)
MQTRACK_WAIT(select, select, timeout,
             (int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout), count, readable,
             writable, exceptional, timeout)
MQTRACK_WAIT(pselect, pselect, timeout,
             (int count, fd_set* readable, fd_set* writable, fd_set* exceptional, const timespec* timeout,
              const sigset_t* mask),
             count, readable, writable, exceptional, timeout, mask)

}  // extern "C"
#pragma GCC visibility pop
#undef MQTRACK_WAIT
