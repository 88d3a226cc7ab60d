#include "cli/targets/remote.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>

#include "libtrack/support/file.h"
#include "reports/words/wording.h"

extern char** environ;

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::string_view kScheme = "ssh://";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
constexpr std::size_t kMostBytes = std::size_t{1} << 30;
constexpr int kNoConnection = 255, kNoCommand = 127, kNotExecutable = 126;  // ssh(1), and what shells answer

Error Refused(const std::string& url, const std::string& why) {
  return {ErrorCode::kBadInput, why + "; write ssh://[user@]host[:port]/TARGET", url};
}

/// Letters, digits, and what else names of machines and users have; never an option.
bool IsPlain(std::string_view name, std::string_view more = "") {
  const std::string allowed = std::string(kLetters) + std::string(more);
  return !name.empty() && name.front() != '-' && name.find_first_not_of(allowed) == std::string_view::npos;
}

std::optional<std::string> Decode(std::string_view text) {
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return decoded;
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

  /// All that it writes; false if that is more than is accepted.
  [[nodiscard]] bool Read(std::string& bytes) const {
    constexpr std::size_t kPiece = 65536;
    const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
    for (;;) {
      const ssize_t n = ::read(out_.get(), buffer.get(), kPiece);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return true;
      if (bytes.size() + static_cast<std::size_t>(n) > kMostBytes) return false;
      bytes.append(buffer.get(), static_cast<std::size_t>(n));
    }
  }

  /// Its exit code; 128 + n of signal n.
  [[nodiscard]] int Wait() {
    out_ = support::FileHandle();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
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
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    remote.port = authority.substr(colon + 1);
    const bool number = !remote.port.empty() && remote.port.size() <= 5 &&
                        remote.port.find_first_not_of("0123456789") == std::string::npos;
    if (!number || std::stoi(remote.port) < 1 || std::stoi(remote.port) > 65535) return Refused(url, "not a port");
    authority = authority.substr(0, colon);
  }
  const bool bracketed = authority.starts_with('[') && authority.ends_with(']');
  remote.host = bracketed ? authority.substr(1, authority.size() - 2) : authority;
  if (!IsPlain(remote.host, bracketed ? ":%" : "")) return Refused(url, "not a machine's name");
  const std::optional<std::string> target = Decode(rest.substr(slash + 1));
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

Result<std::string> PullSnapshot(const RemoteTarget& remote, const RemoteOptions& options) {
  Piped ssh;
  if (!ssh.Start(SshCommand(remote, options))) {
    return Error{ErrorCode::kSystem,
                 std::string("cannot be started (Debian: apt-get install openssh-client): ") + std::strerror(errno),
                 "ssh"};
  }
  std::string bytes;
  const bool fits = ssh.Read(bytes);
  const int code = ssh.Wait();
  if (!fits) return Error{ErrorCode::kBadInput, "what it sends is larger than is accepted", "ssh://" + remote.host};
  if (code != 0) return Failure(code, remote, options);
  return bytes;
}

}  // namespace mqtrack::cli
