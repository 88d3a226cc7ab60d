#include "cli/watch/verb_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "libtrack/support/file.h"

extern char** environ;

namespace mqtrack::cli {
namespace {

/// Starts it with both outputs into `out`; the pid, or minus the error.
pid_t Start(const std::vector<std::string>& words, int out) {
  std::vector<std::string> all = {"mqtrack"};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
  // The thread that starts it takes no signals; the verb does. A group of its own: ^C of the terminal is the watch's.
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return failed != 0 ? -failed : pid;
}

}  // namespace

std::string VerbOutput(const std::vector<std::string>& words, const std::function<bool()>& is_stopping) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20;
  constexpr int kPollMillis = 200;
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return std::string("cannot be started: ") + std::strerror(errno) + "\n";
  const support::FileHandle from(pipe[0]);
  support::FileHandle into(pipe[1]);
  const pid_t pid = Start(words, into.get());
  if (pid < 0) return std::string("cannot be started: ") + std::strerror(-pid) + "\n";
  into = support::FileHandle();
  std::string text;
  for (;;) {
    if (is_stopping()) ::kill(pid, SIGTERM);
    pollfd waiting{from.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kPollMillis) <= 0) continue;
    std::array<char, 16384> piece{};
    const ssize_t bytes = ::read(from.get(), piece.data(), piece.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    if (text.size() < kMostBytes) text.append(piece.data(), static_cast<std::size_t>(bytes));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return text.empty() ? "it said nothing\n" : text;
}

}  // namespace mqtrack::cli
