#include "preload/hooks/descriptors/descriptor_syscalls.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "preload/hooks/descriptors/descriptor_closing.h"
#include "preload/hooks/descriptors/descriptor_facts.h"
#include "preload/hooks/descriptors/descriptors.h"
#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/real_functions.h"

namespace mqtrack::hooks {
namespace {

enum class Effect { kNone, kCloses, kClosesRange, kCopies, kReplaces, kControls, kOpens, kOpensTwo };

Effect EffectOf(long number) {
  switch (number) {
    case SYS_close:
      return Effect::kCloses;
    case SYS_close_range:
      return Effect::kClosesRange;
    case SYS_dup:
      return Effect::kCopies;
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup3:
      return Effect::kReplaces;
    case SYS_fcntl:
      return Effect::kControls;
    case SYS_socket:
    case SYS_accept:
    case SYS_accept4:
#ifdef SYS_open
    case SYS_open:
    case SYS_creat:
    case SYS_eventfd:
    case SYS_epoll_create:
    case SYS_inotify_init:
#endif
    case SYS_openat:
    case SYS_openat2:
    case SYS_open_tree:
    case SYS_fsopen:
    case SYS_fsmount:
    case SYS_fspick:
    case SYS_eventfd2:
    case SYS_epoll_create1:
    case SYS_timerfd_create:
    case SYS_inotify_init1:
    case SYS_fanotify_init:
    case SYS_memfd_create:
    case SYS_pidfd_open:
    case SYS_pidfd_getfd:
    case SYS_perf_event_open:
    case SYS_userfaultfd:
    case SYS_io_uring_setup:
      return Effect::kOpens;
#ifdef SYS_pipe
    case SYS_pipe:
#endif
    case SYS_pipe2:
    case SYS_socketpair:
      return Effect::kOpensTwo;
    default:
      return Effect::kNone;
  }
}

long Control(long result, int fd, long command, recorder::StartFrame frame) {
  if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && result >= 0 && FollowDescriptors())
    RecordCopy(static_cast<int>(result), fd, frame);
  return result;
}

}  // namespace

bool IsDescriptorCall(long number) { return EffectOf(number) != Effect::kNone; }

long DescriptorCall(long number, long a, long b, long c, long d, long e, long f, recorder::StartFrame frame) {
  const auto call = [=] { return real.syscall(number, a, b, c, d, e, f); };
  const int fd = static_cast<int>(a);
  switch (EffectOf(number)) {
    case Effect::kCloses:
      if (FollowDescriptors()) RecordClosing(fd);
      return call();
    case Effect::kClosesRange:
      return CloseRange(static_cast<unsigned>(a), static_cast<unsigned>(b), static_cast<int>(c),
                        [number](unsigned first, unsigned last, int flags) {
                          return real.syscall(number, first, last, flags, 0, 0, 0);
                        });
    case Effect::kReplaces:
      return Replace(fd, static_cast<int>(b), frame, call);
    case Effect::kCopies:
      return Control(call(), fd, F_DUPFD, frame);
    case Effect::kControls:
      return Control(call(), fd, b, frame);
    case Effect::kOpensTwo: {
      const long result = call();
      const auto* fds = reinterpret_cast<const int*>(number == SYS_socketpair ? d : a);
      if (result == 0 && FollowDescriptors()) RecordReceived(fds[0], frame), RecordReceived(fds[1], frame);
      return result;
    }
    case Effect::kOpens: {
      if (number == SYS_accept || number == SYS_accept4) OnOtherWork();
      const long result = call();
      if (result >= 0 && FollowDescriptors()) RecordReceived(static_cast<int>(result), frame);
      return result;
    }
    case Effect::kNone:
      break;
  }
  return call();
}

}  // namespace mqtrack::hooks
