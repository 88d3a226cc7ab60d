#include "libtrack/process/inherited_signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>

namespace mqtrack::process {
namespace {

/// The kernel's own: one bit a signal, the lowest is signal 1.
using KernelSet = std::uint64_t;
constexpr int kSignals = 64;
/// The C library's own, which its functions leave out of every mask.
constexpr KernelSet kOfLibrary = (KernelSet{1} << 31) | (KernelSet{1} << 32);

/// As rt_sigaction wants it.
struct KernelAction {
  std::uintptr_t handler = 0;
  std::uint64_t flags = 0;
  std::uintptr_t restorer = 0;
  KernelSet mask = 0;
};
constexpr std::uintptr_t kDefault = 0, kIgnored = 1;

bool is_remembered = false;
KernelSet ignored = 0, blocked = 0;

}  // namespace

void RememberInheritedSignals() {
  if (is_remembered) return;
  is_remembered = true;
  for (int signal = 1; signal <= kSignals; ++signal) {
    KernelAction action;
    if (::syscall(SYS_rt_sigaction, signal, nullptr, &action, sizeof action.mask) == 0 && action.handler == kIgnored)
      ignored |= KernelSet{1} << (signal - 1);
  }
  (void)::syscall(SYS_rt_sigprocmask, SIG_BLOCK, nullptr, &blocked, sizeof blocked);
}

void GiveInheritedSignals(const sigset_t& mask) {
  RememberInheritedSignals();
  for (int signal = 1; signal <= kSignals; ++signal) {
    KernelAction action;
    action.handler = (ignored >> (signal - 1) & 1) != 0 ? kIgnored : kDefault;
    (void)::syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);  // refused: SIGKILL and SIGSTOP
  }
  KernelSet wanted = 0;
  std::memcpy(&wanted, &mask, sizeof wanted);
  wanted = (wanted & ~kOfLibrary) | (blocked & kOfLibrary);
  (void)::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &wanted, nullptr, sizeof wanted);
}

}  // namespace mqtrack::process
