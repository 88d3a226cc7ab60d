// Calls that close descriptors, and those that copy them, which may close what had the number before.
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>

#include "preload/hooks/descriptors/descriptor_closing.h"
#include "preload/hooks/descriptors/descriptor_functions.h"
#include "preload/hooks/descriptors/descriptors.h"

using mqtrack::hooks::CloseRange;
using mqtrack::hooks::FollowDescriptors;
using mqtrack::hooks::RecordClosing;
using mqtrack::hooks::RecordClosingRange;
using mqtrack::hooks::RecordCopy;
using mqtrack::hooks::Replace;

namespace {

/// fcntl, by the name the program calls it.
int Control(int fd, int command, void* argument, mqtrack::recorder::StartFrame frame,
            int (*real_fcntl)(int, int, void*)) {
  const int result = real_fcntl(fd, command, argument);
  if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && result >= 0 && FollowDescriptors())
    RecordCopy(result, fd, frame);
  return result;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

/// Linux closes whatever it answers: EINTR and EIO come from what is done afterwards.
int close(int fd) {
  if (FollowDescriptors()) RecordClosing(fd);
  return MQTRACK_REAL(close)(fd);
}

int mq_close(mqd_t queue) noexcept {
  if (FollowDescriptors()) RecordClosing(queue);
  return MQTRACK_REAL(mq_close)(queue);
}

int close_range(unsigned first, unsigned last, int flags) noexcept {
  return CloseRange(first, last, flags, [](unsigned from, unsigned to, int how) -> int {
    return MQTRACK_REAL(close_range)(from, to, how);
  });
}

void closefrom(int first) noexcept {
  if (FollowDescriptors()) RecordClosingRange(first < 0 ? 0 : static_cast<unsigned>(first), UINT_MAX);
  MQTRACK_REAL(closefrom)(first);
}

int dup(int fd) noexcept {
  const int copy = MQTRACK_REAL(dup)(fd);
  if (copy >= 0 && FollowDescriptors()) RecordCopy(copy, fd, MQTRACK_HOOK_FRAME);
  return copy;
}

int dup2(int fd, int wanted) noexcept {
  return Replace(fd, wanted, MQTRACK_HOOK_FRAME, [fd, wanted] { return MQTRACK_REAL(dup2)(fd, wanted); });
}

int dup3(int fd, int wanted, int flags) noexcept {
  return Replace(fd, wanted, MQTRACK_HOOK_FRAME, [=] { return MQTRACK_REAL(dup3)(fd, wanted, flags); });
}

// Variadic in the header.
int mqtrack_fcntl(int fd, int command, void* argument) __asm__("fcntl");
int mqtrack_fcntl(int fd, int command, void* argument) {
  return Control(fd, command, argument, MQTRACK_HOOK_FRAME, MQTRACK_REAL(fcntl));
}
int mqtrack_fcntl64(int fd, int command, void* argument) __asm__("fcntl64");
int mqtrack_fcntl64(int fd, int command, void* argument) {
  return Control(fd, command, argument, MQTRACK_HOOK_FRAME, MQTRACK_REAL(fcntl64));
}

}  // extern "C"
#pragma GCC visibility pop
