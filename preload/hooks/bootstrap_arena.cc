#include "preload/hooks/bootstrap_arena.h"

#include <cstdint>

namespace mqtrack::hooks {
namespace {
constexpr std::size_t kArenaBytes = 64 * 1024;
alignas(4096) char arena[kArenaBytes];
std::size_t used = 0;
}  // namespace

void* BootstrapAllocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > kArenaBytes || alignment > 4096) return nullptr;
  std::size_t seen = __atomic_load_n(&used, __ATOMIC_RELAXED);
  for (;;) {
    const std::size_t start = (seen + alignment - 1) & ~(alignment - 1);
    if (start > kArenaBytes || bytes > kArenaBytes - start) return nullptr;
    if (__atomic_compare_exchange_n(&used, &seen, start + bytes, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return arena + start;
  }
}

bool IsBootstrap(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(arena) < kArenaBytes;
}

std::size_t BootstrapRoom(const void* block) {
  return kArenaBytes - static_cast<std::size_t>(static_cast<const char*>(block) - arena);
}

void BootstrapCopy(void* to, const void* from, std::size_t bytes) {
  auto* target = static_cast<volatile char*>(to);  // volatile: or the compiler makes it a call of memcpy
  const auto* source = static_cast<const char*>(from);
  for (std::size_t i = 0; i < bytes; ++i) target[i] = source[i];
}

}  // namespace mqtrack::hooks
