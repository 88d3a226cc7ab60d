#include "preload/hooks/memory/bootstrap_arena.h"

#include "preload/recorder/cpu/cpu.h"

namespace mqtrack::hooks {
namespace {
std::size_t used = 0;
}  // namespace

alignas(recorder::cpu::kLargestPage) char bootstrap_arena[kBootstrapBytes];

void* BootstrapAllocate(std::size_t bytes, std::size_t alignment) {
  if (bytes > kBootstrapBytes || alignment > recorder::cpu::kLargestPage) return nullptr;
  std::size_t seen = __atomic_load_n(&used, __ATOMIC_RELAXED);
  for (;;) {
    const std::size_t start = (seen + alignment - 1) & ~(alignment - 1);
    if (start > kBootstrapBytes || bytes > kBootstrapBytes - start) return nullptr;
    if (__atomic_compare_exchange_n(&used, &seen, start + bytes, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return bootstrap_arena + start;
  }
}

std::size_t BootstrapRoom(const void* block) {
  return kBootstrapBytes - static_cast<std::size_t>(static_cast<const char*>(block) - bootstrap_arena);
}

void BootstrapCopy(void* to, const void* from, std::size_t bytes) {
  auto* target = static_cast<volatile char*>(to);  // volatile: or the compiler makes it a call of memcpy
  const auto* source = static_cast<const char*>(from);
  for (std::size_t i = 0; i < bytes; ++i) target[i] = source[i];
}

}  // namespace mqtrack::hooks
