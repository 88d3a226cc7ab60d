// Calls in which a thread waits for its descriptors: it is done with the packet that it handled. One look at a flag.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::FindNext;
using mqtrack::hooks::gate;
using mqtrack::hooks::OnWait;
using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::StartOnce;
using mqtrack::recorder::LoadAcquire;

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

/// Inlined, and the real function is jumped to: a thread that waits has no frame of ours.
template <typename Function, typename... Arguments>
[[gnu::always_inline]] inline int Wait(Function& function, const char* symbol, Arguments... arguments) {
  if (LoadAcquire(gate.is_open) == 0 && phase == Phase::kCold) [[unlikely]]
    StartOnce();
  if (function == nullptr) Resolve(function, symbol);
  if (function == nullptr) return Missing();
  OnWait();
  return function(arguments...);
}

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

#pragma GCC visibility push(default)
extern "C" {

int epoll_wait(int epoll, epoll_event* events, int count, int timeout_ms) {
  return Wait(next.epoll_wait, "epoll_wait", epoll, events, count, timeout_ms);
}
int epoll_pwait(int epoll, epoll_event* events, int count, int timeout_ms, const sigset_t* mask) {
  return Wait(next.epoll_pwait, "epoll_pwait", epoll, events, count, timeout_ms, mask);
}
int epoll_pwait2(int epoll, epoll_event* events, int count, const timespec* timeout, const sigset_t* mask) {
  return Wait(next.epoll_pwait2, "epoll_pwait2", epoll, events, count, timeout, mask);
}
int poll(pollfd* descriptors, nfds_t count, int timeout_ms) {
  return Wait(next.poll, "poll", descriptors, count, timeout_ms);
}
int ppoll(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  return Wait(next.ppoll, "ppoll", descriptors, count, timeout, mask);
}
int __poll_chk(pollfd* descriptors, nfds_t count, int timeout_ms, std::size_t room) {
  return Wait(next.poll_chk, "__poll_chk", descriptors, count, timeout_ms, room);
}
int __ppoll_chk(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask, std::size_t room) {
  return Wait(next.ppoll_chk, "__ppoll_chk", descriptors, count, timeout, mask, room);
}
int select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  return Wait(next.select, "select", count, readable, writable, exceptional, timeout);
}
int pselect(int count, fd_set* readable, fd_set* writable, fd_set* exceptional, const timespec* timeout,
            const sigset_t* mask) {
  return Wait(next.pselect, "pselect", count, readable, writable, exceptional, timeout, mask);
}

}  // extern "C"
#pragma GCC visibility pop
