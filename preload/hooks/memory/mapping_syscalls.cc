#include "preload/hooks/memory/mapping_syscalls.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::hooks {
namespace {

const void* Pointer(long argument) { return reinterpret_cast<const void*>(argument); }

}  // namespace

bool IsMappingCall(long number) {
  return number == SYS_mmap || number == SYS_munmap || number == SYS_mremap || number == SYS_shmat ||
         number == SYS_shmdt || number == SYS_mprotect || number == SYS_pkey_mprotect;
}

long MappingCall(long number, long a, long b, long c, long d, long e, long f, const void* frame) {
  const bool is_attach = number == SYS_shmat || number == SYS_shmdt;
  const bool takes_away = !is_attach && (number != SYS_mmap || (d & MAP_FIXED) != 0);
  const bool covers = number == SYS_mremap && (d & MREMAP_FIXED) != 0;
  const auto call = [=] {
    const recorder::StackChange change(Pointer(a), takes_away ? static_cast<std::size_t>(b) : 0);
    const recorder::StackChange covered(Pointer(e), covers ? static_cast<std::size_t>(c) : 0);
    return real.syscall(number, a, b, c, d, e, f);
  };
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
