#include "preload/recorder/unwinding/readable.h"

#include <sys/syscall.h>

#include <cerrno>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/thread_state.h"

namespace mqtrack::recorder {
namespace {
constexpr std::uintptr_t kPage = cpu::kSmallestPage;             // a larger real page is only asked about more often
constexpr std::uintptr_t kMaxStride = std::uintptr_t{64} << 20;  // a frame further away than this is not believed
}  // namespace

// rt_sigprocmask copies the new mask from user memory before it looks at `how`: an impossible `how` makes it a pure
// test. Chosen over process_vm_readv and mincore because every seccomp profile allows it, and mincore calls a guard
// page mapped.
bool IsReadable(std::uintptr_t address) {
  const int saved = errno;
  const long result = KernelCall(SYS_rt_sigprocmask, ~0L, static_cast<long>(address), 0, 8);
  const bool readable = result == -1 && errno == EINVAL;
  errno = saved;
  return readable;
}

StackWords::StackWords(std::uintptr_t stack_pointer) {
  ThreadState& thread = thread_state;
  if (stack_pointer < thread.stack_low || stack_pointer >= thread.stack_high) {
    // Deeper than before, or another stack. The page under our feet is readable; the rest is asked about when needed.
    thread.stack_low = stack_pointer & ~(kPage - 1);
    thread.stack_high = thread.stack_low + kPage;
  }
  low_ = stack_pointer;
  high_ = thread.stack_high;
}

bool StackWords::Reach(std::uintptr_t end) {
  if (end < low_ || end - low_ > kMaxStride + (high_ - low_)) return false;
  while (end > high_) {
    if (!IsReadable(high_)) return false;
    high_ += kPage;
  }
  thread_state.stack_high = high_;
  return true;
}

}  // namespace mqtrack::recorder
