// Calls that make descriptors and need nothing but their result. Several are variadic in the headers, which are kept
// from declaring them here: they are defined under other names, with all the arguments that they can have.
#include <fcntl.h>
#include <sys/types.h>

#include "preload/hooks/descriptors/descriptor_functions.h"
#include "preload/hooks/descriptors/descriptors.h"

using mqtrack::hooks::FdKind;
using mqtrack::hooks::FollowDescriptors;
using mqtrack::hooks::Opened;
using mqtrack::hooks::RecordOpened;

#pragma GCC visibility push(default)
extern "C" {

#define MQTRACK_OPENS(kind, name, parameters, arguments) \
  int mqtrack_##name parameters __asm__(#name);          \
  int mqtrack_##name parameters { return Opened(MQTRACK_REAL(name) arguments, FdKind::kind, MQTRACK_HOOK_FRAME); }

MQTRACK_OPENS(kFile, open, (const char* path, int flags, mode_t mode), (path, flags, mode))
MQTRACK_OPENS(kFile, open64, (const char* path, int flags, mode_t mode), (path, flags, mode))
MQTRACK_OPENS(kFile, openat, (int folder, const char* path, int flags, mode_t mode), (folder, path, flags, mode))
MQTRACK_OPENS(kFile, openat64, (int folder, const char* path, int flags, mode_t mode), (folder, path, flags, mode))
MQTRACK_OPENS(kFile, creat, (const char* path, mode_t mode), (path, mode))
MQTRACK_OPENS(kFile, creat64, (const char* path, mode_t mode), (path, mode))
// What open and openat become in programs compiled with _FORTIFY_SOURCE, where there is no mode.
MQTRACK_OPENS(kFile, __open_2, (const char* path, int flags), (path, flags))
MQTRACK_OPENS(kFile, __open64_2, (const char* path, int flags), (path, flags))
MQTRACK_OPENS(kFile, __openat_2, (int folder, const char* path, int flags), (folder, path, flags))
MQTRACK_OPENS(kFile, __openat64_2, (int folder, const char* path, int flags), (folder, path, flags))
MQTRACK_OPENS(kFile, open_by_handle_at, (int mount, file_handle* handle, int flags), (mount, handle, flags))
// The C library makes these files without a call of open that could be seen.
MQTRACK_OPENS(kFile, mkstemp, (char* path), (path))
MQTRACK_OPENS(kFile, mkstemp64, (char* path), (path))
MQTRACK_OPENS(kFile, mkostemp, (char* path, int flags), (path, flags))
MQTRACK_OPENS(kFile, mkostemp64, (char* path, int flags), (path, flags))
MQTRACK_OPENS(kFile, mkstemps, (char* path, int suffix), (path, suffix))
MQTRACK_OPENS(kFile, mkstemps64, (char* path, int suffix), (path, suffix))
MQTRACK_OPENS(kFile, mkostemps, (char* path, int suffix, int flags), (path, suffix, flags))
MQTRACK_OPENS(kFile, mkostemps64, (char* path, int suffix, int flags), (path, suffix, flags))
MQTRACK_OPENS(kFile, shm_open, (const char* name, int flags, mode_t mode), (name, flags, mode))
MQTRACK_OPENS(kFile, posix_openpt, (int flags), (flags))
MQTRACK_OPENS(kFile, getpt, (), ())
MQTRACK_OPENS(kFile, memfd_create, (const char* name, unsigned flags), (name, flags))
MQTRACK_OPENS(kOther, mq_open, (const char* name, int flags, mode_t mode, mq_attr* attributes),
              (name, flags, mode, attributes))
MQTRACK_OPENS(kEventFd, eventfd, (unsigned value, int flags), (value, flags))
MQTRACK_OPENS(kEpoll, epoll_create, (int size), (size))
MQTRACK_OPENS(kEpoll, epoll_create1, (int flags), (flags))
MQTRACK_OPENS(kOther, inotify_init, (), ())
MQTRACK_OPENS(kOther, inotify_init1, (int flags), (flags))
MQTRACK_OPENS(kOther, fanotify_init, (unsigned flags, unsigned event_flags), (flags, event_flags))
#undef MQTRACK_OPENS

/// Given a descriptor, it changes that one's mask.
int mqtrack_signalfd(int fd, const sigset_t* mask, int flags) __asm__("signalfd");
int mqtrack_signalfd(int fd, const sigset_t* mask, int flags) {
  const int result = MQTRACK_REAL(signalfd)(fd, mask, flags);
  return fd == -1 ? Opened(result, FdKind::kOther, MQTRACK_HOOK_FRAME) : result;
}

#define MQTRACK_OPENS_TWO(kind, name, parameters, arguments, first, second) \
  int mqtrack_##name parameters __asm__(#name);                             \
  int mqtrack_##name parameters {                                           \
    const int result = MQTRACK_REAL(name) arguments;                        \
    if (result == 0 && FollowDescriptors()) {                               \
      RecordOpened(first, FdKind::kind, MQTRACK_HOOK_FRAME);                \
      RecordOpened(second, FdKind::kind, MQTRACK_HOOK_FRAME);               \
    }                                                                       \
    return result;                                                          \
  }
MQTRACK_OPENS_TWO(kPipe, pipe, (int* fds), (fds), fds[0], fds[1])
MQTRACK_OPENS_TWO(kPipe, pipe2, (int* fds, int flags), (fds, flags), fds[0], fds[1])
MQTRACK_OPENS_TWO(kFile, openpty, (int* master, int* slave, char* name, const void* settings, const void* size),
                  (master, slave, name, settings, size), *master, *slave)
#undef MQTRACK_OPENS_TWO

}  // extern "C"
#pragma GCC visibility pop
