#include "cli/targets/remote.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>

#include "libtrack/http/request.h"
#include "libtrack/support/file.h"
#include "libtrack/support/host_port.h"

extern char** environ;

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kScheme = "ssh://";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr std::chrono::seconds kFirstWord{10}, kToEnd{2};
constexpr int kNoConnection = 255, kNoCommand = 127, kNotExecutable = 126;  // ssh(1), and what shells answer

Error Refused(const std::string& url, const std::string& why) {
  return {ErrorCode::kBadInput, why + "; write ssh://[user@]host[:port]/TARGET", url};
}

/// Letters, digits, and what else names of machines and users have; never an option.
bool IsPlain(std::string_view name, std::string_view more = "") {
  const std::string allowed = std::string(kLetters) + std::string(more);
  return !name.empty() && name.front() != '-' && name.find_first_not_of(allowed) == std::string_view::npos;
}

/// The shell on the other side is not known: within single quotes every one of them leaves all but a quote alone.
std::string RemoteWord(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

/// A child process that writes into a pipe.
class Piped {
 public:
  [[nodiscard]] bool Start(const std::vector<std::string>& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    out_ = support::FileHandle(ends[0]);
    const support::FileHandle in(ends[1]);
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in.get(), STDOUT_FILENO);
    ::posix_spawnattr_init(&attributes);
    sigset_t defaults;
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::sigaddset(&defaults, SIGXFSZ);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int failed = ::posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    errno = failed;
    return failed == 0;
  }

  enum class Outcome { kAll, kTooMuch, kSilent };

  /// All that it writes, until it has been silent for as long as `patience`. `tell`: what to say of a silence, now and
  /// then.
  [[nodiscard]] Outcome Read(std::string& bytes, std::chrono::seconds patience,
                             const std::function<void(std::chrono::seconds)>& tell) const {
    constexpr std::size_t kPiece = 65536;
    constexpr int kStepMillis = 200;
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
    const std::chrono::seconds first_word = std::clamp(patience / 2, std::chrono::seconds(1), kFirstWord);
    std::chrono::seconds next_word = first_word;
    for (Clock::time_point last = Clock::now();;) {
      const Clock::duration silent = Clock::now() - last;
      if (silent >= patience) return Outcome::kSilent;
      if (silent >= next_word) {
        tell(next_word);
        next_word *= 2;
      }
      pollfd ready{out_.get(), POLLIN, 0};
      if (::poll(&ready, 1, kStepMillis) <= 0) continue;
      const ssize_t n = ::read(out_.get(), buffer.get(), kPiece);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return Outcome::kAll;
      if (bytes.size() + static_cast<std::size_t>(n) > kMostBytes) return Outcome::kTooMuch;
      bytes.append(buffer.get(), static_cast<std::size_t>(n));
      last = Clock::now();
      next_word = first_word;
    }
  }

  /// Its exit code; 128 + n of signal n. One that does not end by itself is ended.
  [[nodiscard]] int Wait(std::chrono::seconds patience) {
    out_ = support::FileHandle();
    constexpr timespec kStep{0, 10'000'000};
    int status = 0;
    Clock::time_point deadline = Clock::now() + patience;
    for (int signal = SIGTERM; ::waitpid(pid_, &status, WNOHANG) == 0; ::nanosleep(&kStep, nullptr)) {
      if (Clock::now() < deadline) continue;
      ::kill(pid_, signal);
      signal = SIGKILL;
      deadline = Clock::now() + kToEnd;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  support::FileHandle out_;
  pid_t pid_ = 0;
};

Error Failure(int code, const RemoteTarget& remote, const RemoteOptions& options) {
  const std::string where = "ssh://" + remote.host;
  switch (code) {
    case kNoConnection:
      return {ErrorCode::kSystem, "no connection: what ssh says stands above; try `ssh " + remote.host + "` first",
              where};
    case kNoCommand:
    case kNotExecutable:
      return {ErrorCode::kSystem,
              options.command + " cannot be run there; install mqtrack on it, or say with --remote-mqtrack where it is",
              where};
    case 3:
      return {ErrorCode::kCannotMeasure, "no snapshot was taken there: the reason stands above", where};
    default:
      return {ErrorCode::kBadInput, "no snapshot was taken there: the reason stands above", where};
  }
}

}  // namespace

Result<RemoteTarget> RemoteTarget::Parse(const std::string& url) {
  if (!url.starts_with(kScheme)) return Refused(url, "no process of another machine");
  std::string_view rest = std::string_view(url).substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos || slash + 1 == rest.size()) return Refused(url, "no TARGET in it");
  RemoteTarget remote;
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    remote.user = authority.substr(0, at);
    if (!IsPlain(remote.user)) return Refused(url, "not a user's name before the @");
    authority.remove_prefix(at + 1);
  }
  const std::optional<support::HostPort> parsed = support::ParseHostPort(authority);
  if (!parsed) return Refused(url, "not a machine's name and port");
  if (parsed->port) remote.port = std::to_string(*parsed->port);
  remote.host = parsed->host;
  if (!IsPlain(remote.host, authority.starts_with('[') ? ":%" : "")) return Refused(url, "not a machine's name");
  const std::optional<std::string> target = http::DecodePercent(rest.substr(slash + 1), false);
  if (!target) return Refused(url, "\"%\" without two digits");
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7f; };
  if (std::any_of(target->begin(), target->end(), is_control)) return Refused(url, "TARGET holds a control character");
  remote.target = *target;
  return remote;
}

std::vector<std::string> SshCommand(const RemoteTarget& remote, const RemoteOptions& options) {
  // Without a terminal there, and with nothing of our standard input, which may be a script's.
  std::vector<std::string> words = {"ssh", "-T", "-n"};
  for (const std::string& option : options.ssh_options) words.insert(words.end(), {"-o", option});
  if (!remote.port.empty()) words.insert(words.end(), {"-p", remote.port});
  if (!remote.user.empty()) words.insert(words.end(), {"-l", remote.user});
  std::string command = (options.sudo ? "sudo -n " : "") + RemoteWord(options.command);
  command += " snapshot --no-symbols -o -";
  if (!options.log_dir.empty()) command += " " + RemoteWord("--log-dir=" + options.log_dir);
  command += " -- " + RemoteWord(remote.target);
  words.insert(words.end(), {"--", remote.host, command});
  return words;
}

Result<std::string> PullSnapshot(const RemoteTarget& remote, const RemoteOptions& options, const Messages& messages) {
  Piped ssh;
  if (!ssh.Start(SshCommand(remote, options))) {
    return Error{ErrorCode::kSystem,
                 std::string("cannot be started (Debian: apt-get install openssh-client): ") + std::strerror(errno),
                 "ssh"};
  }
  std::string bytes;
  const std::string where = "ssh://" + remote.host;
  const Piped::Outcome outcome = ssh.Read(bytes, options.patience, [&](std::chrono::seconds silent) {
    messages.Note(where + " has sent nothing for " + std::to_string(silent.count()) + " seconds; waiting");
  });
  const bool is_silent = outcome == Piped::Outcome::kSilent;
  const int code = ssh.Wait(is_silent ? std::chrono::seconds(0) : options.patience);
  if (is_silent) {
    return Error{ErrorCode::kSystem,
                 "has sent nothing for " + std::to_string(options.patience.count()) +
                     " seconds, and was given up (--timeout); try `ssh " + remote.host + " true` first",
                 where};
  }
  if (outcome == Piped::Outcome::kTooMuch)
    return Error{ErrorCode::kBadInput, "what it sends is larger than is accepted", where};
  if (code != 0) return Failure(code, remote, options);
  return bytes;
}

}  // namespace mqtrack::cli
