#include "preload/recorder/log/log_room.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "preload/recorder/log/page_bytes.h"

namespace mqtrack::recorder {

std::uint64_t WithinFileSizeLimit(std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes) {
    bytes = limit.rlim_cur;
  }
  return RoundDownToPages(bytes);
}

std::uint64_t WithinLimits(std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur / kShareOfAddressSpace < bytes) {
    bytes = limit.rlim_cur / kShareOfAddressSpace;
  }
  return WithinFileSizeLimit(bytes);
}

bool IsOnMemoryFileSystem(int fd) {
  struct statfs info {};
  return ::fstatfs(fd, &info) == 0 && info.f_type == TMPFS_MAGIC;
}

}  // namespace mqtrack::recorder
