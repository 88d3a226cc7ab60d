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

/// Starts a process outside of the group, which removes `folder` when the guard has ended and all others with it. The
/// guard was forked from several threads, so it may not go through folders itself.
void RemoveAfterwards(const char* folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  const pid_t remover = ::fork();
  if (remover != 0) {
    ::setpgid(remover, remover);  // before the group ends, whoever of the two is first
    return;
  }
  ::setpgid(0, 0);
  ::close(ends[1]);
  char nothing = 0;
  while (::read(ends[0], &nothing, 1) < 0 && errno == EINTR) {
  }
  ::execl("/bin/rm", "rm", "-rf", "--", folder, nullptr);
  ::_exit(1);
}

[[noreturn]] void Guard(const int (&ends)[2], pid_t group, const char* folder) {
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
  if (*folder != '\0') RemoveAfterwards(folder);
  ::kill(0, SIGKILL);
  ::_exit(0);
}

}  // namespace

GroupGuard::GroupGuard(pid_t group, const std::string& folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  const support::FileHandle theirs(ends[0]);
  alive_ = support::FileHandle(ends[1]);
  pid_ = ::fork();
  if (pid_ == 0) Guard(ends, group, folder.c_str());
}

GroupGuard::~GroupGuard() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace mqtrack::process
