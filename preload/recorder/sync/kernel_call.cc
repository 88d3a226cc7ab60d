#include "preload/recorder/sync/kernel_call.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

namespace mqtrack::recorder {

void* MapMemory(void* address, std::size_t bytes, int protection, int flags, int fd) {
  return reinterpret_cast<void*>(
      KernelCall(SYS_mmap, Argument(address), static_cast<long>(bytes), protection, flags, fd, 0));
}

void UnmapMemory(void* address, std::size_t bytes) {
  KernelCall(SYS_munmap, Argument(address), static_cast<long>(bytes));
}

long ReadLink(const char* path, char* target, std::size_t bytes) {
#ifdef SYS_readlink
  return KernelCall(SYS_readlink, Argument(path), Argument(target), static_cast<long>(bytes));
#else
  return KernelCall(SYS_readlinkat, AT_FDCWD, Argument(path), Argument(target), static_cast<long>(bytes));
#endif
}

}  // namespace mqtrack::recorder
