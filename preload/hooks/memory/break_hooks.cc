// brk and sbrk, for programs that move the break themselves. The C library's malloc moves it by calls of its own.
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/sync/kernel_call.h"

using mqtrack::hooks::AfterBreakRaised;
using mqtrack::hooks::AfterUnmap;
using mqtrack::hooks::BeforeBreakLowered;
using mqtrack::hooks::FollowMappings;
using mqtrack::hooks::MappingChange;
using mqtrack::hooks::real;
using mqtrack::recorder::KernelCall;

namespace {

// Before the real functions are known, the kernel is asked. The C library asks it too when it moves the break first.
bool SetBreak(std::uintptr_t wanted) {
  if (real.brk != nullptr) return real.brk(reinterpret_cast<void*>(wanted)) == 0;
  if (static_cast<std::uintptr_t>(KernelCall(SYS_brk, static_cast<long>(wanted))) == wanted) return true;
  errno = ENOMEM;
  return false;
}
/// Where the break was; -1 if it could not be moved.
std::uintptr_t AddToBreak(std::intptr_t change) {
  if (real.sbrk != nullptr) return reinterpret_cast<std::uintptr_t>(real.sbrk(change));
  const auto now = static_cast<std::uintptr_t>(KernelCall(SYS_brk));
  return change == 0 || SetBreak(now + static_cast<std::uintptr_t>(change)) ? now : ~std::uintptr_t{0};
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* sbrk(std::intptr_t change) noexcept {
  if (change == 0 || !FollowMappings()) return reinterpret_cast<void*>(AddToBreak(change));
  const auto difference = static_cast<std::uintptr_t>(change);
  MappingChange lowered;
  if (change < 0) {
    const std::uintptr_t now = AddToBreak(0);
    BeforeBreakLowered(now, now + difference, lowered);
  }
  const std::uintptr_t before = AddToBreak(change);
  const bool moved = before != ~std::uintptr_t{0};
  if (change < 0)
    AfterUnmap(moved, lowered);
  else if (moved)
    AfterBreakRaised(before, before + difference, MQTRACK_HOOK_FRAME);
  return reinterpret_cast<void*>(before);
}

int brk(void* wanted) noexcept {
  const auto target = reinterpret_cast<std::uintptr_t>(wanted);
  if (!FollowMappings()) return SetBreak(target) ? 0 : -1;
  const std::uintptr_t now = AddToBreak(0);
  MappingChange lowered;
  if (target < now) BeforeBreakLowered(now, target, lowered);
  const bool moved = SetBreak(target);
  AfterUnmap(moved, lowered);
  if (moved && target > now) AfterBreakRaised(now, target, MQTRACK_HOOK_FRAME);
  return moved ? 0 : -1;
}

}  // extern "C"
#pragma GCC visibility pop
