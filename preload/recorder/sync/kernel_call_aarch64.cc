// The kernel's calling convention: number in x8, arguments in x0 to x5; an error comes back in x0 as -errno, between
// -4095 and -1.
#include <cerrno>

#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

long KernelCall(long number, long a, long b, long c, long d, long e, long f) {
  register long call __asm__("x8") = number;
  register long result __asm__("x0") = a;
  register long second __asm__("x1") = b;
  register long third __asm__("x2") = c;
  register long fourth __asm__("x3") = d;
  register long fifth __asm__("x4") = e;
  register long sixth __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(result)
                   : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                   : "memory");
  if (result >= 0 || result < -4095) return result;
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace mqtrack::recorder
