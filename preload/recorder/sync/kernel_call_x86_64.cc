// The kernel's calling convention: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; rcx and r11 are lost; an
// error comes back as -errno, between -4095 and -1.
#include <cerrno>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

long KernelCall(long number, long a, long b, long c, long d, long e, long f) {
  register long fourth __asm__("r10") = d;
  register long fifth __asm__("r8") = e;
  register long sixth __asm__("r9") = f;
  long result = number;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "rcx", "r11", "memory");
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace mqtrack::recorder
