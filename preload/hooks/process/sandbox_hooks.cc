// A service that forbids itself system calls: libseccomp asks by syscall(), others by prctl. From then on a call of
// ours that is not on its list could end it. The real functions are jumped to, so that these leave no frame. Calls that
// make or close descriptors are handed on to descriptor_syscalls.cc, and those that map memory to mapping_syscalls.h.
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "preload/hooks/descriptors/descriptor_syscalls.h"
#include "preload/hooks/hook_scope.h"
#include "preload/hooks/memory/mapping_syscalls.h"
#include "preload/hooks/mqtt/packet_events.h"
#include "preload/hooks/process/exec_hooks.h"
#include "preload/hooks/process/late_log.h"
#include "preload/hooks/real_functions.h"
#include "preload/hooks/threads/thread_records.h"
#include "preload/recorder/thread_labels.h"

namespace {

using mqtrack::hooks::IsRecorded;
using mqtrack::hooks::Phase;
using mqtrack::hooks::phase;
using mqtrack::hooks::real;
using mqtrack::hooks::SettleFork;
using mqtrack::hooks::StartOnce;
using mqtrack::recorder::recorder;
using mqtrack::recorder::ThreadLabels;
using mqtrack::recorder::cpu::KeptFrame;

/// `result` of the call that was to close the sandbox; libraries also try what the kernel knows, with calls that fail.
template <typename Result>
Result NoteSandbox(Result result) {
  if (result >= 0 && IsRecorded()) recorder.Sandboxed();
  return result;
}

/// Waiting on a futex, as std::atomic's wait and many a lock do. `operation` is the second argument.
bool IsOtherWork(long number, long operation) {
  if (number != SYS_futex) return false;
  const int command = static_cast<int>(operation) & FUTEX_CMD_MASK;
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

// Both are variadic in the headers, which are therefore kept from declaring them here.
int mqtrack_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) __asm__("prctl");
long mqtrack_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

int mqtrack_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  if (phase == Phase::kCold) [[unlikely]]
    StartOnce();
  if (option == PR_SET_SECCOMP) SettleFork();  // later it could not
  if (option == PR_SET_SECCOMP) return NoteSandbox(real.prctl(option, a, b, c, d));
  if (option == PR_SET_NAME) {
    ThreadLabels::Renamed();
    const int result = real.prctl(option, a, b, c, d);
    if (result == 0) mqtrack::hooks::OwnThreadNamed(reinterpret_cast<const char*>(a), MQTRACK_HOOK_FRAME);
    return result;
  }
  return real.prctl(option, a, b, c, d);
}

long mqtrack_syscall(long number, long a, long b, long c, long d, long e, long f) {
  if (phase == Phase::kCold) [[unlikely]]
    StartOnce();
  if (number == SYS_seccomp && (a == SECCOMP_SET_MODE_FILTER || a == SECCOMP_SET_MODE_STRICT)) {
    SettleFork();
    return NoteSandbox(real.syscall(number, a, b, c, d, e, f));
  }
  if (mqtrack::hooks::IsMappingCall(number)) {
    const KeptFrame kept;
    return mqtrack::hooks::MappingCall(number, a, b, c, d, e, f, MQTRACK_HOOK_FRAME);
  }
  if (mqtrack::hooks::IsDescriptorCall(number)) {
    const KeptFrame kept;
    return mqtrack::hooks::DescriptorCall(number, a, b, c, d, e, f, MQTRACK_HOOK_FRAME);
  }
  if (mqtrack::hooks::IsProcessCall(number)) return mqtrack::hooks::ProcessCall(number, a, b, c, d, e);
  if (IsOtherWork(number, b)) mqtrack::hooks::OnOtherWork();
  return real.syscall(number, a, b, c, d, e, f);
}

}  // extern "C"
#pragma GCC visibility pop
