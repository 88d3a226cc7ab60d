#include "preload/hooks/memory/mapping_syscalls.h"

#include <sys/syscall.h>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/real_functions.h"

namespace mqtrack::hooks {
namespace {

const void* Pointer(long argument) { return reinterpret_cast<const void*>(argument); }

}  // namespace

bool IsMappingCall(long number) {
  return number == SYS_mmap || number == SYS_munmap || number == SYS_mremap || number == SYS_shmat ||
         number == SYS_shmdt;
}

long MappingCall(long number, long a, long b, long c, long d, long e, long f, const void* frame) {
  const auto call = [=] { return real.syscall(number, a, b, c, d, e, f); };
  const auto map = [=] { return reinterpret_cast<void*>(call()); };
  const auto bytes = static_cast<std::size_t>(b);
  const int flags = static_cast<int>(d);
  switch (number) {
    case SYS_mmap:
      return reinterpret_cast<long>(Map({Pointer(a), bytes, flags, static_cast<int>(e)}, frame, map));
    case SYS_mremap:
      return reinterpret_cast<long>(
          Remap({Pointer(a), bytes, static_cast<std::size_t>(c), flags, Pointer(e)}, frame, map));
    case SYS_shmat:
      return reinterpret_cast<long>(AttachSegment(static_cast<int>(a), frame, map));
    case SYS_munmap:
      return Unmap(Pointer(a), bytes, call);
    case SYS_shmdt:
      return DetachSegment(Pointer(a), call);
    default:
      return call();
  }
}

}  // namespace mqtrack::hooks
