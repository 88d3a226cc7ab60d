// A little static memory for allocations made before the real allocator is known: dlsym itself may call calloc.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::hooks {

/// Zeroed memory, never given back; null when the arena is used up. Thread-safe.
[[nodiscard]] void* BootstrapAllocate(std::size_t bytes, std::size_t alignment = 16);
constexpr std::size_t kBootstrapBytes = 64 * 1024;
/// Hidden, so that it is found without the loader's help: IsBootstrap must be right before this library is relocated.
extern char bootstrap_arena[kBootstrapBytes] __attribute__((visibility("hidden")));

/// True if `block` came from BootstrapAllocate: it must not reach the real free.
[[nodiscard]] inline bool IsBootstrap(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(bootstrap_arena) < kBootstrapBytes;
}
/// Bytes from `block` to the end of the arena: an upper bound of its size.
[[nodiscard]] std::size_t BootstrapRoom(const void* block);
/// memcpy, which cannot be called before the loader has relocated us.
void BootstrapCopy(void* to, const void* from, std::size_t bytes);

}  // namespace mqtrack::hooks
