// mmap and its kin, as the program and its libraries call them. The C library's own calls, for its heap, for stacks of
// threads and for libraries that it loads, do not come through here.
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "preload/hooks/memory/mapping_calls.h"
#include "preload/hooks/real_functions.h"
#include "preload/recorder/sync/kernel_call.h"
#include "preload/recorder/unwinding/code_ranges.h"
#include "preload/recorder/unwinding/readable.h"

using mqtrack::hooks::AttachSegment;
using mqtrack::hooks::DetachSegment;
using mqtrack::hooks::Map;
using mqtrack::hooks::real;
using mqtrack::hooks::Remap;
using mqtrack::hooks::Unmap;
using mqtrack::recorder::Argument;
using mqtrack::recorder::CodeChange;
using mqtrack::recorder::KernelCall;
using mqtrack::recorder::StackChange;

namespace {

// Before the real functions are known, which a constructor of another library may be, the kernel is asked: to look one
// up may allocate, and the library may not be relocated yet.

void* RealMap(void* address, std::size_t bytes, int protection, int flags, int fd, off_t offset) {
  const std::size_t covered = (flags & MAP_FIXED) != 0 ? bytes : 0;
  const bool makes_code = (protection & PROT_EXEC) != 0;
  const StackChange change(address, covered);
  CodeChange code_change(address, makes_code ? bytes : covered, makes_code);
  if (real.mmap != nullptr) return code_change.Came(real.mmap(address, bytes, protection, flags, fd, offset));
  return code_change.Came(reinterpret_cast<void*>(
      KernelCall(SYS_mmap, Argument(address), static_cast<long>(bytes), protection, flags, fd, offset)));
}
int RealUnmap(void* address, std::size_t bytes) {
  const StackChange change(address, bytes);
  const CodeChange code_change(address, bytes, false);
  if (real.munmap != nullptr) return real.munmap(address, bytes);
  return static_cast<int>(KernelCall(SYS_munmap, Argument(address), static_cast<long>(bytes)));
}
void* RealRemap(void* old, std::size_t old_bytes, std::size_t bytes, int flags, void* wanted) {
  const std::size_t covered = (flags & MREMAP_FIXED) != 0 ? bytes : 0;
  const StackChange change(old, old_bytes), stack_covered(wanted, covered);
  const CodeChange gone(old, old_bytes, false);
  CodeChange came(wanted, gone.concerns_code() ? bytes : covered, gone.concerns_code());
  if (real.mremap != nullptr) return came.Came(real.mremap(old, old_bytes, bytes, flags, wanted));
  return came.Came(reinterpret_cast<void*>(KernelCall(SYS_mremap, Argument(old), static_cast<long>(old_bytes),
                                                      static_cast<long>(bytes), flags, Argument(wanted))));
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

void* mmap(void* address, std::size_t bytes, int protection, int flags, int fd, off_t offset) noexcept {
  return Map({address, bytes, flags, fd}, MQTRACK_HOOK_FRAME,
             [=] { return RealMap(address, bytes, protection, flags, fd, offset); });
}
void* mmap64(void* address, std::size_t bytes, int protection, int flags, int fd, off64_t offset) noexcept {
  return Map({address, bytes, flags, fd}, MQTRACK_HOOK_FRAME,
             [=] { return RealMap(address, bytes, protection, flags, fd, offset); });
}

int munmap(void* address, std::size_t bytes) noexcept {
  return Unmap(address, bytes, [=] { return RealUnmap(address, bytes); });
}

// Variadic in the header.
void* mqtrack_mremap(void* old, std::size_t old_bytes, std::size_t bytes, int flags, void* wanted) __asm__("mremap");
void* mqtrack_mremap(void* old, std::size_t old_bytes, std::size_t bytes, int flags, void* wanted) {
  return Remap({old, old_bytes, bytes, flags, wanted}, MQTRACK_HOOK_FRAME,
               [=] { return RealRemap(old, old_bytes, bytes, flags, wanted); });
}

// Not recorded, but a stack may lie there.
int mprotect(void* address, std::size_t bytes, int protection) noexcept {
  const StackChange change(address, bytes);
  const CodeChange code_change(address, bytes, (protection & PROT_EXEC) != 0);
  if (real.mprotect != nullptr) return real.mprotect(address, bytes, protection);
  return static_cast<int>(KernelCall(SYS_mprotect, Argument(address), static_cast<long>(bytes), protection));
}
int pkey_mprotect(void* address, std::size_t bytes, int protection, int key) noexcept {
  const StackChange change(address, bytes);
  const CodeChange code_change(address, bytes, (protection & PROT_EXEC) != 0);
  if (real.pkey_mprotect != nullptr) return real.pkey_mprotect(address, bytes, protection, key);
  return static_cast<int>(KernelCall(SYS_pkey_mprotect, Argument(address), static_cast<long>(bytes), protection, key));
}

void* shmat(int segment, const void* address, int flags) noexcept {
  return AttachSegment(segment, MQTRACK_HOOK_FRAME, [=] {
    if (real.shmat != nullptr) return real.shmat(segment, address, flags);
    return reinterpret_cast<void*>(KernelCall(SYS_shmat, segment, Argument(address), flags));
  });
}
int shmdt(const void* address) noexcept {
  return DetachSegment(address, [=] {
    return real.shmdt != nullptr ? real.shmdt(address) : static_cast<int>(KernelCall(SYS_shmdt, Argument(address)));
  });
}

}  // extern "C"
#pragma GCC visibility pop
