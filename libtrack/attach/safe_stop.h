// Stops all threads of a process for a moment, and keeps one of them that may be made to call.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libtrack/attach/attach_target.h"
#include "libtrack/attach/remote/remote_stack.h"
#include "libtrack/attach/safe_point.h"
#include "libtrack/threads/cpu_registers.h"
#include "libtrack/threads/seized_thread.h"

namespace mqtrack::attach {

/// Looks for a safe moment again and again. All threads but the one it returns run on.
class SafeStop {
 public:
  SafeStop(const AttachTarget& target, const RemoteMemory& memory);
  /// A stopped thread at a safe place; an error when the time is over, which says who was in the way.
  [[nodiscard]] support::Result<std::unique_ptr<threads::SeizedThread>> Find(threads::Clock::time_point deadline);
  /// When the threads were first asked to stop, for the thread that was returned.
  [[nodiscard]] threads::Clock::time_point stopped_at() const { return stopped_at_; }
  /// When all others went on.
  [[nodiscard]] threads::Clock::time_point others_went_on_at() const { return others_went_on_at_; }
  [[nodiscard]] std::size_t threads() const { return threads_; }
  /// All threads that were stopped but the main one, without their names.
  [[nodiscard]] const std::vector<log::ThreadBefore>& others() const { return others_; }
  [[nodiscard]] std::int64_t looks() const { return looks_; }

 private:
  [[nodiscard]] support::Result<std::unique_ptr<threads::SeizedThread>> Look();
  [[nodiscard]] bool IsInRecorder(const threads::CpuRegisters& registers) const;
  [[nodiscard]] support::Error TimeIsOver() const;

  const AttachTarget& target_;
  const RemoteMemory& memory_;
  RemoteUnwinder unwinder_;
  SafePoints places_;
  threads::Clock::time_point stopped_at_{}, others_went_on_at_{};
  std::size_t threads_ = 0;
  std::vector<log::ThreadBefore> others_;
  std::int64_t looks_ = 0;
  std::string in_the_way_;
};

}  // namespace mqtrack::attach
