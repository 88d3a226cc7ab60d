// The real functions behind the hooks on descriptors.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <csignal>
#include <cstdio>
#include <ctime>

#include "preload/hooks/real_functions.h"

namespace mqtrack::hooks {

// X(name of the function, result, arguments). Variadic functions are called with all the arguments they can have.
#define MQTRACK_DESCRIPTOR_FUNCTIONS(X)                          \
  X(socket, int, (int, int, int))                                \
  X(socketpair, int, (int, int, int, int*))                      \
  X(accept, int, (int, sockaddr*, socklen_t*))                   \
  X(accept4, int, (int, sockaddr*, socklen_t*, int))             \
  X(connect, int, (int, const sockaddr*, socklen_t))             \
  X(listen, int, (int, int))                                     \
  X(recvmsg, ssize_t, (int, msghdr*, int))                       \
  X(recvmmsg, int, (int, mmsghdr*, unsigned, int, timespec*))    \
  X(open, int, (const char*, int, mode_t))                       \
  X(open64, int, (const char*, int, mode_t))                     \
  X(openat, int, (int, const char*, int, mode_t))                \
  X(openat64, int, (int, const char*, int, mode_t))              \
  X(__open_2, int, (const char*, int))                           \
  X(__open64_2, int, (const char*, int))                         \
  X(__openat_2, int, (int, const char*, int))                    \
  X(__openat64_2, int, (int, const char*, int))                  \
  X(creat, int, (const char*, mode_t))                           \
  X(creat64, int, (const char*, mode_t))                         \
  X(open_by_handle_at, int, (int, file_handle*, int))            \
  X(mkstemp, int, (char*))                                       \
  X(mkstemp64, int, (char*))                                     \
  X(mkostemp, int, (char*, int))                                 \
  X(mkostemp64, int, (char*, int))                               \
  X(mkstemps, int, (char*, int))                                 \
  X(mkstemps64, int, (char*, int))                               \
  X(mkostemps, int, (char*, int, int))                           \
  X(mkostemps64, int, (char*, int, int))                         \
  X(shm_open, int, (const char*, int, mode_t))                   \
  X(mq_open, mqd_t, (const char*, int, mode_t, mq_attr*))        \
  X(mq_close, int, (mqd_t))                                      \
  X(posix_openpt, int, (int))                                    \
  X(getpt, int, ())                                              \
  X(openpty, int, (int*, int*, char*, const void*, const void*)) \
  X(pipe, int, (int*))                                           \
  X(pipe2, int, (int*, int))                                     \
  X(eventfd, int, (unsigned, int))                               \
  X(epoll_create, int, (int))                                    \
  X(epoll_create1, int, (int))                                   \
  X(signalfd, int, (int, const sigset_t*, int))                  \
  X(inotify_init, int, ())                                       \
  X(inotify_init1, int, (int))                                   \
  X(fanotify_init, int, (unsigned, unsigned))                    \
  X(memfd_create, int, (const char*, unsigned))                  \
  X(dup, int, (int))                                             \
  X(dup2, int, (int, int))                                       \
  X(dup3, int, (int, int, int))                                  \
  X(fcntl, int, (int, int, void*))                               \
  X(fcntl64, int, (int, int, void*))                             \
  X(close, int, (int))                                           \
  X(close_range, int, (unsigned, unsigned, int))                 \
  X(closefrom, void, (int))                                      \
  X(fopen, FILE*, (const char*, const char*))                    \
  X(fopen64, FILE*, (const char*, const char*))                  \
  X(freopen, FILE*, (const char*, const char*, FILE*))           \
  X(freopen64, FILE*, (const char*, const char*, FILE*))         \
  X(tmpfile, FILE*, ())                                          \
  X(tmpfile64, FILE*, ())                                        \
  X(popen, FILE*, (const char*, const char*))                    \
  X(fclose, int, (FILE*))                                        \
  X(pclose, int, (FILE*))                                        \
  X(opendir, DIR*, (const char*))                                \
  X(closedir, int, (DIR*))

#define MQTRACK_DECLARE(name, result, arguments) result(*name) arguments;
struct DescriptorFunctions {
  MQTRACK_DESCRIPTOR_FUNCTIONS(MQTRACK_DECLARE)
};
#undef MQTRACK_DECLARE

extern DescriptorFunctions descriptor_functions;

/// Fills `descriptor_functions`. Called once, at start.
void ResolveDescriptorFunctions();

/// The real function. Before start-up has looked them all up, it is looked up alone.
template <typename Function>
inline Function RealOr(Function& known, const char* symbol) {
  if (known == nullptr) [[unlikely]]
    known = reinterpret_cast<Function>(FindNext(symbol));
  return known;
}
#define MQTRACK_REAL(name) (::mqtrack::hooks::RealOr(::mqtrack::hooks::descriptor_functions.name, #name))

}  // namespace mqtrack::hooks
