// The functions by which a service forbids itself system calls: libseccomp and others ask by syscall() or prctl.
#include "preload/crash/filter_hooks.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "preload/crash/real_function.h"

namespace {

using mqtrack::crash::RealFunction;

constinit RealFunction<int(int, unsigned long, unsigned long, unsigned long, unsigned long)> real_prctl("prctl");
constinit RealFunction<long(long, long, long, long, long, long, long)> real_syscall("syscall");
bool sandboxed = false;

/// Before the call: with it, other threads may be forbidden as much.
void Begin() { __atomic_store_n(&sandboxed, true, __ATOMIC_RELEASE); }

}  // namespace

namespace mqtrack::crash {

bool IsSandboxed() { return __atomic_load_n(&sandboxed, __ATOMIC_ACQUIRE); }

void FindSandboxFunctions() {
  (void)real_prctl.Find();
  (void)real_syscall.Find();
}

}  // namespace mqtrack::crash

#pragma GCC visibility push(default)
extern "C" {

// Both are variadic in the headers, and so cannot be defined by their own names.
int mqtrack_crash_prctl(int option, unsigned long a, unsigned long b, unsigned long c,
                        unsigned long d) __asm__("prctl");
long mqtrack_crash_syscall(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

int mqtrack_crash_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  if (option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS) Begin();
  return real_prctl(option, a, b, c, d);
}

long mqtrack_crash_syscall(long number, long a, long b, long c, long d, long e, long f) {
  const bool asks_by_prctl = number == SYS_prctl && (a == PR_SET_SECCOMP || a == PR_SET_NO_NEW_PRIVS);
  if (number == SYS_seccomp || asks_by_prctl) Begin();
  return real_syscall(number, a, b, c, d, e, f);
}

}  // extern "C"
#pragma GCC visibility pop
