// A process on another machine, reached through the system's ssh.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/messages.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// "ssh://[user@]host[:port]/TARGET", taken apart. Nothing in it can become an option of ssh or words of a shell.
struct RemoteTarget {
  std::string user, host, port;  // user and port may be empty
  std::string target;            // a pid, a name or a path of the other machine

  /// An error says what is wrong. "%20" and the like are undone in TARGET; one that begins with "/" is a path.
  [[nodiscard]] static support::Result<RemoteTarget> Parse(const std::string& url);
};

struct RemoteOptions {
  std::vector<std::string> ssh_options;  // each as behind ssh's -o
  std::string command = "mqtrack";       // on the other machine
  std::string log_dir;                   // there
  bool sudo = false;
  std::chrono::seconds patience{300};  // while nothing comes
};

/// What ssh is started with, the first word included.
[[nodiscard]] std::vector<std::string> SshCommand(const RemoteTarget& remote, const RemoteOptions& options);

/// The bytes of a snapshot without names of that process. What the other side says goes to stderr. Its exit code
/// decides the error's kind. A silence is told, and at last is an error.
[[nodiscard]] support::Result<std::string> PullSnapshot(const RemoteTarget& remote, const RemoteOptions& options,
                                                        const Messages& messages);

}  // namespace mqtrack::cli
