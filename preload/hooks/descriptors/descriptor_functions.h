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

// Functions that make a descriptor and need no more: FdKind, name, parameters, arguments. A line here is a hook.
#define MQTRACK_DESCRIPTOR_OPENERS(X)                                                                                  \
  X(kFile, open, (const char* path, int flags, mode_t mode), (path, flags, mode))                                      \
  X(kFile, open64, (const char* path, int flags, mode_t mode), (path, flags, mode))                                    \
  X(kFile, openat, (int folder, const char* path, int flags, mode_t mode), (folder, path, flags, mode))                \
  X(kFile, openat64, (int folder, const char* path, int flags, mode_t mode), (folder, path, flags, mode))              \
  X(kFile, creat, (const char* path, mode_t mode), (path, mode))                                                       \
  X(kFile, creat64, (const char* path, mode_t mode), (path, mode))                                                     \
  /* What open and openat become in programs compiled with _FORTIFY_SOURCE, where there is no mode. */                 \
  X(kFile, __open_2, (const char* path, int flags), (path, flags))                                                     \
  X(kFile, __open64_2, (const char* path, int flags), (path, flags))                                                   \
  X(kFile, __openat_2, (int folder, const char* path, int flags), (folder, path, flags))                               \
  X(kFile, __openat64_2, (int folder, const char* path, int flags), (folder, path, flags))                             \
  X(kFile, open_by_handle_at, (int mount, file_handle* handle, int flags), (mount, handle, flags))                     \
  /* The C library makes these files without a call of open that could be seen. */                                     \
  X(kFile, mkstemp, (char* path), (path))                                                                              \
  X(kFile, mkstemp64, (char* path), (path))                                                                            \
  X(kFile, mkostemp, (char* path, int flags), (path, flags))                                                           \
  X(kFile, mkostemp64, (char* path, int flags), (path, flags))                                                         \
  X(kFile, mkstemps, (char* path, int suffix), (path, suffix))                                                         \
  X(kFile, mkstemps64, (char* path, int suffix), (path, suffix))                                                       \
  X(kFile, mkostemps, (char* path, int suffix, int flags), (path, suffix, flags))                                      \
  X(kFile, mkostemps64, (char* path, int suffix, int flags), (path, suffix, flags))                                    \
  X(kFile, shm_open, (const char* name, int flags, mode_t mode), (name, flags, mode))                                  \
  X(kFile, posix_openpt, (int flags), (flags))                                                                         \
  X(kFile, getpt, (), ())                                                                                              \
  X(kFile, memfd_create, (const char* name, unsigned flags), (name, flags))                                            \
  X(kOther, mq_open, (const char* name, int flags, mode_t mode, mq_attr* attributes), (name, flags, mode, attributes)) \
  X(kEventFd, eventfd, (unsigned value, int flags), (value, flags))                                                    \
  X(kEpoll, epoll_create, (int size), (size))                                                                          \
  X(kEpoll, epoll_create1, (int flags), (flags))                                                                       \
  X(kOther, inotify_init, (), ())                                                                                      \
  X(kOther, inotify_init1, (int flags), (flags))                                                                       \
  X(kOther, fanotify_init, (unsigned flags, unsigned event_flags), (flags, event_flags))

// All others: name, result, arguments. Variadic functions are called with all the arguments they can have.
#define MQTRACK_DESCRIPTOR_FUNCTIONS(X)                          \
  X(socket, int, (int, int, int))                                \
  X(socketpair, int, (int, int, int, int*))                      \
  X(accept, int, (int, sockaddr*, socklen_t*))                   \
  X(accept4, int, (int, sockaddr*, socklen_t*, int))             \
  X(connect, int, (int, const sockaddr*, socklen_t))             \
  X(listen, int, (int, int))                                     \
  X(recvmsg, ssize_t, (int, msghdr*, int))                       \
  X(recvmmsg, int, (int, mmsghdr*, unsigned, int, timespec*))    \
  X(mq_close, int, (mqd_t))                                      \
  X(openpty, int, (int*, int*, char*, const void*, const void*)) \
  X(pipe, int, (int*))                                           \
  X(pipe2, int, (int*, int))                                     \
  X(signalfd, int, (int, const sigset_t*, int))                  \
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

#define MQTRACK_DECLARE_OPENER(kind, name, parameters, arguments) int(*name) parameters;
#define MQTRACK_DECLARE(name, result, parameters) result(*name) parameters;
struct DescriptorFunctions {
  MQTRACK_DESCRIPTOR_OPENERS(MQTRACK_DECLARE_OPENER)
  MQTRACK_DESCRIPTOR_FUNCTIONS(MQTRACK_DECLARE)
};
#undef MQTRACK_DECLARE
#undef MQTRACK_DECLARE_OPENER

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
