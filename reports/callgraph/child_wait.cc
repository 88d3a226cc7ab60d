#include "reports/callgraph/child_wait.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "libtrack/support/file.h"

namespace mqtrack::reports {
namespace {

/// The status, or nothing if it has not ended yet.
std::optional<int> Reap(pid_t child, int options) {
  int status = 0;
  pid_t reaped = 0;
  do {
    reaped = ::waitpid(child, &status, options);
  } while (reaped < 0 && errno == EINTR);
  return reaped == child ? std::optional(status) : std::nullopt;
}

}  // namespace

std::optional<int> WaitForChild(pid_t child, const Deadline& deadline) {
  if (!deadline) return Reap(child, 0);
  // Older kernels and filters of containers have no such descriptor: it is then looked at again and again.
  const support::FileHandle end(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  constexpr std::chrono::milliseconds kStep{20}, kLongest{60'000};
  while (true) {
    if (const std::optional<int> status = Reap(child, WNOHANG)) return status;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    pollfd ended{end.get(), POLLIN, 0};
    (void)::poll(&ended, 1, static_cast<int>(std::min(left, end.valid() ? kLongest : kStep).count()));
  }
  (void)::kill(child, SIGKILL);
  (void)Reap(child, 0);
  return std::nullopt;
}

}  // namespace mqtrack::reports
