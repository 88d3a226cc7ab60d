// The malloc family. Only symbols: what they do with the recorder is HookScope's business.
#include <cerrno>
#include <cstdlib>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/memory/bootstrap_arena.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::BootstrapAllocate;
using mqtrack::hooks::BootstrapCopy;
using mqtrack::hooks::BootstrapRoom;
using mqtrack::hooks::HookScope;
using mqtrack::hooks::IsBootstrap;
using mqtrack::hooks::IsFreedUnseen;
using mqtrack::hooks::PassesUnseen;
using mqtrack::hooks::real;
using mqtrack::recorder::LiveRecord;

#pragma GCC visibility push(default)

namespace {

/// Moves a block out of the bootstrap arena: its size is not known, so as much is copied as there can be.
void* ReallocateBootstrap(void* block, std::size_t size) {
  void* moved = real.malloc != nullptr ? malloc(size) : BootstrapAllocate(size);
  if (moved == nullptr) return nullptr;
  const std::size_t room = BootstrapRoom(block);
  BootstrapCopy(moved, block, size < room ? size : room);
  return moved;
}

// What the hooks jump to if there is something to do. The compiler is told to make these jumps, not calls
// (preload/CMakeLists.txt), so that the frame here is the hook's own, and a call that passes through costs the fewest
// instructions: after a system call each of them is fetched anew.

[[gnu::noinline]] void FreeRecorded(void* block) {
  if (block == nullptr || IsBootstrap(block)) return;
  __builtin_prefetch(static_cast<char*>(block) - 16, 1);  // where allocators keep what free reads first
  HookScope hook(MQTRACK_HOOK_FRAME);
  hook.Forget(block);
  if (real.free != nullptr) real.free(block);
}

[[gnu::noinline]] void* AllocateRecorded(std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.malloc == nullptr) return BootstrapAllocate(size);
  void* block = real.malloc(size);
  hook.Record(block, size);
  return block;
}

[[gnu::noinline]] void* AllocateZeroedRecorded(std::size_t count, std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.calloc == nullptr) {
    std::size_t bytes = 0;
    return __builtin_mul_overflow(count, size, &bytes) ? nullptr : BootstrapAllocate(bytes);
  }
  void* block = real.calloc(count, size);
  hook.Record(block, count * size);
  return block;
}

/// realloc and reallocarray, the product already checked.
[[gnu::always_inline]] inline void* Reallocate(void* block, std::size_t size, mqtrack::recorder::StartFrame frame) {
  if (IsBootstrap(block)) return ReallocateBootstrap(block, size);
  HookScope hook(frame);
  if (real.realloc == nullptr) return BootstrapAllocate(size);
  LiveRecord record;
  const bool known = block != nullptr && hook.Forget(block, &record);
  void* moved = real.realloc(block, size);
  if (moved != nullptr)
    hook.Record(moved, size);
  else if (known && size != 0)
    hook.Restore(block, record);  // realloc(p, 0) has freed p
  return moved;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return PassesUnseen(size) ? real.malloc(size) : AllocateRecorded(size); }

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  const bool overflows = __builtin_mul_overflow(count, size, &bytes);
  return !overflows && PassesUnseen(bytes) ? real.calloc(count, size) : AllocateZeroedRecorded(count, size);
}

void* realloc(void* block, std::size_t size) {
  if (IsFreedUnseen(block) && !IsBootstrap(block) && PassesUnseen(size)) return real.realloc(block, size);
  return Reallocate(block, size, MQTRACK_HOOK_FRAME);
}

void* reallocarray(void* block, std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Reallocate(block, bytes, MQTRACK_HOOK_FRAME);
}

void free(void* block) {
  if (IsFreedUnseen(block) && !IsBootstrap(block)) return real.free(block);
  FreeRecorded(block);
}
void free_sized(void* block, std::size_t) { FreeRecorded(block); }
void free_aligned_sized(void* block, std::size_t, std::size_t) { FreeRecorded(block); }

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.posix_memalign == nullptr) {
    *block = BootstrapAllocate(size, alignment);
    return *block != nullptr ? 0 : ENOMEM;
  }
  const int error = real.posix_memalign(block, alignment, size);
  if (error == 0) hook.Record(*block, size);
  return error;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.aligned_alloc == nullptr) return BootstrapAllocate(size, alignment);
  void* block = real.aligned_alloc(alignment, size);
  hook.Record(block, size);
  return block;
}

void* memalign(std::size_t alignment, std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.memalign == nullptr) return BootstrapAllocate(size, alignment);
  void* block = real.memalign(alignment, size);
  hook.Record(block, size);
  return block;
}

void* valloc(std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.valloc == nullptr) return BootstrapAllocate(size, mqtrack::recorder::cpu::kLargestPage);
  void* block = real.valloc(size);
  hook.Record(block, size);
  return block;
}

void* pvalloc(std::size_t size) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  if (real.pvalloc == nullptr) return BootstrapAllocate(size, mqtrack::recorder::cpu::kLargestPage);
  void* block = real.pvalloc(size);
  hook.Record(block, size);
  return block;
}

}  // extern "C"
#pragma GCC visibility pop
