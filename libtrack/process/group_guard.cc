// The guard is forked from a process of several threads, so it makes nothing but system calls. Being of the group
// itself, the guard can mean no other one, even if all else in the group has ended.
#include "libtrack/process/group_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

namespace mqtrack::process {
namespace {

constexpr int kPatienceMs = 5000;
/// What a terminal, or who ends the group, sends to the guard as well.
constexpr int kNotMeant[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

[[noreturn]] void Guard(const int (&ends)[2], pid_t group) {
  for (const int signal : kNotMeant) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_NAME, "mqtrack-guard");
  if (::setpgid(0, group) != 0 || ::dup2(ends[0], STDIN_FILENO) < 0) ::_exit(1);
  ::close(ends[1]);
  // What else is open here others would wait for, such as readers of our output. A kernel before 5.9 leaves it open.
  (void)::close_range(STDIN_FILENO + 1, UINT_MAX, 0);
  char nothing = 0;
  while (::read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR) {
  }
  ::kill(0, SIGTERM);
  ::poll(nullptr, 0, kPatienceMs);
  ::kill(0, SIGKILL);
  ::_exit(0);
}

}  // namespace

GroupGuard::GroupGuard(pid_t group) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  const support::FileHandle theirs(ends[0]);
  alive_ = support::FileHandle(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) Guard(ends, group);
}

GroupGuard::~GroupGuard() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace mqtrack::process
