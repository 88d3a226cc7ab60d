// Calls that make descriptors and need nothing but their result: those of MQTRACK_DESCRIPTOR_OPENERS, and a few that
// make two. Several are variadic in the headers, which are kept from declaring them here: they are defined under other
// names, with all the arguments that they can have.
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

MQTRACK_DESCRIPTOR_OPENERS(MQTRACK_OPENS)
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
