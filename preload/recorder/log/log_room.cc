#include "preload/recorder/log/log_room.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cstring>
#include <initializer_list>

#include "libtrack/log/file_systems.h"
#include "preload/recorder/log/page_bytes.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

/// After a no the kernel is asked again for one of so many requests: each is a block that is lost.
constexpr std::uint32_t kRefusalsAnAnswer = 64;
constexpr std::uint64_t kShareOfGroup = 4;

std::uint64_t IdentityOf(const struct statfs& info) {
  std::uint64_t identity = 0;
  static_assert(sizeof info.f_fsid == sizeof identity);
  std::memcpy(&identity, &info.f_fsid, sizeof identity);
  return identity;
}
std::uint64_t BytesOf(const struct statfs& info, std::uint64_t blocks) {
  return blocks * static_cast<std::uint64_t>(info.f_bsize);
}

/// Where version 2 or version 1 of control groups has its limits, and what a line of /proc/self/cgroup says of it.
struct Hierarchy {
  const char* root;
  const char* file;
  const char* line;  // followed by the group's path
};
constexpr Hierarchy kVersion2 = {"/sys/fs/cgroup", "/memory.max", "0::"};
constexpr Hierarchy kVersion1 = {"/sys/fs/cgroup/memory", "/memory.limit_in_bytes", ":memory:"};

/// The least limit of the group `path` and of those that it is in. A container may see its own group as the root.
std::uint64_t LeastLimit(const Hierarchy& hierarchy, const char* path, std::uint64_t least) {
  char name[256], text[32];
  const std::size_t root_bytes = std::strlen(hierarchy.root);
  std::size_t bytes = std::strcspn(path, "\n");
  for (;;) {
    if (root_bytes + bytes + std::strlen(hierarchy.file) < sizeof name) {
      std::memcpy(name, hierarchy.root, root_bytes);
      std::memcpy(name + root_bytes, path, bytes);
      std::strcpy(name + root_bytes + bytes, hierarchy.file);
      text[ReadSmallFile(name, text, sizeof text - 1)] = 0;
      const std::uint64_t limit = ParseDecimal(text);  // 0: there is none, or it is called "max"
      if (limit != 0 && limit < least) least = limit;
    }
    if (bytes == 0) return least;
    do --bytes;
    while (bytes != 0 && path[bytes] != '/');
  }
}

}  // namespace

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

std::uint64_t WithinGroupLimit(std::uint64_t bytes) {
  char groups[2048];
  groups[ReadSmallFile("/proc/self/cgroup", groups, sizeof groups - 1)] = 0;
  std::uint64_t least = ~std::uint64_t{0};
  for (const Hierarchy& hierarchy : {kVersion2, kVersion1}) {
    const char* line = std::strstr(groups, hierarchy.line);
    if (line != nullptr) least = LeastLimit(hierarchy, line + std::strlen(hierarchy.line), least);
  }
  const std::uint64_t share = RoundDownToPages(least / kShareOfGroup);
  return share < bytes ? share : bytes;
}

bool LogRoom::Ask(std::uint64_t& free_bytes, std::uint64_t& all_bytes) const {
  struct statfs info {};
  if (asks_no_more_ || KernelCall(SYS_statfs, Argument(directory_), Argument(&info)) != 0 || IdentityOf(info) != identity_)
    return false;
  free_bytes = BytesOf(info, info.f_bavail);
  all_bytes = BytesOf(info, info.f_blocks);
  return true;
}

bool LogRoom::Learn(int fd, const char* directory, const char*& why) {
  directory_ = directory;
  refusals_ = 0;
  struct statfs info {};
  if (KernelCall(SYS_fstatfs, fd, Argument(&info)) != 0) {
    why = "the log directory's file system does not say what it is";
    return false;
  }
  const auto type = static_cast<std::uint32_t>(info.f_type);
  is_in_memory_ = type == TMPFS_MAGIC;
  identity_ = IdentityOf(info);
  if (!log::MayHoldLogs(type)) {
    why =
        "the log directory's file system may take back memory that it has given; use a tmpfs, such as /dev/shm, or "
        "ext4";
    return false;
  }
  const std::uint64_t all = BytesOf(info, info.f_blocks), free = BytesOf(info, info.f_bavail);
  const std::uint64_t kept = log::KeptFree(all);
  // One without a limit says that it has no blocks at all.
  most_unseen_ = all == 0 ? ~std::uint64_t{0} : free > kept ? (free - kept) / 2 : 0;
  return true;
}

bool LogRoom::Has(std::uint64_t bytes, std::uint64_t taken) {
  if (LoadRelaxed(refusals_) != 0 && AddRelaxed(refusals_, 1u) % kRefusalsAnAnswer != 0) return false;
  std::uint64_t free = 0, all = 0;
  const bool has = Ask(free, all) ? all == 0 || free >= log::KeptFree(all) + bytes
                                  : taken <= most_unseen_ && bytes <= most_unseen_ - taken;
  StoreRelaxed(refusals_, has ? 0u : 1u);
  return has;
}

bool LogRoom::IsFull() const { return LoadRelaxed(refusals_) != 0; }

}  // namespace mqtrack::recorder
