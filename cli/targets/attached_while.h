// The recorder in a process for as long as a command looks at it.
#pragma once

#include <sys/types.h>

#include <string>

#include "cli/messages.h"
#include "libtrack/attach/attach_process.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// With the folder for the log: `log_dir`, else what the environment says, else the usual place.
[[nodiscard]] attach::AttachOptions AttachOptionsFor(const std::string& log_dir);

/// Attached by Attach, detached by the destructor, which says what stays. Not copied; `messages` outlives it.
class AttachedWhile {
 public:
  /// `target` is the pid or the name of a process that is not recorded yet; its log goes where AttachOptionsFor
  /// says. Errors are those of attach::Attach.
  [[nodiscard]] static support::Result<AttachedWhile> Attach(const std::string& target, const std::string& log_dir,
                                                             const Messages& messages);
  AttachedWhile(AttachedWhile&& other) noexcept;
  AttachedWhile& operator=(AttachedWhile&&) = delete;
  ~AttachedWhile();

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  AttachedWhile(pid_t pid, const Messages& messages) : pid_(pid), messages_(messages) {}

  pid_t pid_;  // 0: moved from
  const Messages& messages_;
};

}  // namespace mqtrack::cli
