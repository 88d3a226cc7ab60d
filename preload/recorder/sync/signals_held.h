// Holding signals back over a few steps that no handler may come between.
#pragma once

#include <sys/syscall.h>

#include <csignal>
#include <cstdint>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

/// While it lives, the calling thread takes no signal. By the kernel's call: the C library's leaves out the signals
/// that it uses itself. errno may change.
class SignalsHeld {
 public:
  SignalsHeld() {
    constexpr std::uint64_t kAll = ~std::uint64_t{0};
    KernelCall(SYS_rt_sigprocmask, SIG_BLOCK, Argument(&kAll), Argument(&before_), sizeof before_);
  }
  ~SignalsHeld() { KernelCall(SYS_rt_sigprocmask, SIG_SETMASK, Argument(&before_), 0, sizeof before_); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  std::uint64_t before_ = 0;
};

}  // namespace mqtrack::recorder
