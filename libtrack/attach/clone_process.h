// A copy of a stopped process: its memory as it is at that moment, in a process of its own that never runs. The kernel
// copies page tables only, so that the service stands still for a fraction of a millisecond, or some 20 ms per GiB.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "libtrack/attach/attach_target.h"
#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/support/result.h"
#include "libtrack/threads/stopped_process.h"

namespace mqtrack::attach {

/// The copy. It ends with this object, and with the thread that made it, whatever way that ends. Movable.
class ProcessCopy {
 public:
  explicit ProcessCopy(pid_t pid) : pid_(pid) {}
  ProcessCopy(ProcessCopy&& other) noexcept : pid_(other.pid_) { other.pid_ = 0; }
  ProcessCopy(const ProcessCopy&) = delete;
  ProcessCopy& operator=(const ProcessCopy&) = delete;
  ProcessCopy& operator=(ProcessCopy&&) = delete;
  ~ProcessCopy() { End(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Ends it now. Does nothing the second time.
  void End();

 private:
  pid_t pid_;
};

/// What has to be found out before the process is stopped.
class CloneTarget {
 public:
  /// An error says, as the end of a sentence, why the process should not be made to copy itself: a system call filter,
  /// a process that others' children are handed over to (it would be told of the copy's end), a C library without the
  /// instructions.
  [[nodiscard]] static support::Result<CloneTarget> Examine(pid_t pid);

  /// Copies the process, on one of its threads, which then stands where it stood. On the thread that stopped it. An
  /// error leaves it as it was.
  [[nodiscard]] support::Result<ProcessCopy> Clone(threads::StoppedProcess& process) const;

 private:
  CloneTarget(AttachTarget target, const Gadgets& gadgets) : target_(std::move(target)), gadgets_(gadgets) {}
  [[nodiscard]] support::Result<ProcessCopy> CloneOn(const threads::StoppedThread& thread) const;
  [[nodiscard]] support::Result<ProcessCopy> MakeCopy(threads::SeizedThread& thread, RemoteCaller& caller,
                                                      const RemoteMemory& memory) const;

  AttachTarget target_;
  Gadgets gadgets_;
};

}  // namespace mqtrack::attach
