// System calls past the C library. What the recorder itself opens, maps and closes must not come back to it through its
// own hooks, nor through a wrapper that the service has preloaded.
#pragma once

#include <cstddef>

namespace mqtrack::recorder {

/// The system call `number`. Returns and sets errno like syscall(2); async-signal-safe. In kernel_call_x86_64.cc and
/// its like.
long KernelCall(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0);

/// mmap(2); MAP_FAILED on failure.
[[nodiscard]] void* MapMemory(void* address, std::size_t bytes, int protection, int flags, int fd = -1);
/// munmap(2).
void UnmapMemory(void* address, std::size_t bytes);

/// readlink(2), which newer processors have only as readlinkat(2).
[[nodiscard]] long ReadLink(const char* path, char* target, std::size_t bytes);

/// A pointer as an argument of KernelCall.
inline long Argument(const void* pointer) { return reinterpret_cast<long>(pointer); }

}  // namespace mqtrack::recorder
