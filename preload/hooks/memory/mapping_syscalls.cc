#include "preload/hooks/memory/mapping_syscalls.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/unwinding/code_ranges.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::hooks {
namespace {

const void* Pointer(long argument) { return reinterpret_cast<const void*>(argument); }

}  // namespace

bool IsMappingCall(long number) {
  return number == SYS_mmap || number == SYS_munmap || number == SYS_mremap || number == SYS_shmat ||
         number == SYS_shmdt || number == SYS_mprotect || number == SYS_pkey_mprotect;
}

long MappingCall(long number, long a, long b, long c, long d, long e, long f, recorder::StartFrame frame) {
  const bool is_attach = number == SYS_shmat || number == SYS_shmdt;
  const bool takes_away = !is_attach && (number != SYS_mmap || (d & MAP_FIXED) != 0);
  const bool covers = number == SYS_mremap && (d & MREMAP_FIXED) != 0;
  const bool protects = number == SYS_mmap || number == SYS_mprotect || number == SYS_pkey_mprotect;
  const bool makes_code = protects && (c & PROT_EXEC) != 0;
  const auto call = [=] {
    const std::size_t taken = takes_away ? static_cast<std::size_t>(b) : 0;
    const std::size_t replaced = covers ? static_cast<std::size_t>(c) : 0;
    const recorder::StackChange change(Pointer(a), taken), covered(Pointer(e), replaced);
    recorder::CodeChange code_change(Pointer(a), makes_code ? static_cast<std::size_t>(b) : taken, makes_code);
    const bool moves_code = number == SYS_mremap && code_change.concerns_code();
    recorder::CodeChange came(Pointer(e), moves_code ? static_cast<std::size_t>(c) : replaced, moves_code);
    const long result = real.syscall(number, a, b, c, d, e, f);
    if (number == SYS_mmap) code_change.Came(reinterpret_cast<void*>(result));
    if (number == SYS_mremap) came.Came(reinterpret_cast<void*>(result));
    return result;
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
