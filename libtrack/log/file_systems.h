// Which file systems may hold a log, and how much of one stays free. Shared by both sides; freestanding.
//
// A page of a log that was had once must be there for good: a store to it that the file system cannot serve ends the
// service with SIGBUS. File systems that write changed pages to a new place (btrfs; xfs for what a copy shares; the
// upper one of an overlay may be such) need room again after each time they have written a page back, and network file
// systems ask another machine.
#pragma once

#include <cstdint>

namespace mqtrack::log {

/// A number of statfs(2), f_type, and its name.
struct FileSystem {
  std::uint32_t type;
  const char* name;
};
/// Those that keep what they have given: tests/e2e/recorder/room_test.py fills each and writes on.
inline constexpr FileSystem kFileSystemsForLogs[] = {{0x01021994, "tmpfs"}, {0xef53, "ext4"}};
/// Names of some others, for errors.
inline constexpr FileSystem kOtherFileSystems[] = {
    {0x9123683e, "btrfs"}, {0x58465342, "xfs"},  {0x794c7630, "overlayfs"}, {0xf2f52010, "f2fs"},
    {0x6969, "nfs"},       {0x65735546, "fuse"}, {0xff534d42, "cifs"},      {0xfe534d42, "smb"},
    {0x01021997, "9p"},    {0x2fc12fc1, "zfs"},  {0xca451a4e, "bcachefs"},  {0x858458f6, "ramfs"}};

/// True if the file system of this f_type may hold a log.
constexpr bool MayHoldLogs(std::uint32_t type) {
  for (const FileSystem& known : kFileSystemsForLogs) {
    if (known.type == type) return true;
  }
  return false;
}
/// Its name; null if that is not known.
constexpr const char* FileSystemName(std::uint32_t type) {
  for (const FileSystem& known : kFileSystemsForLogs) {
    if (known.type == type) return known.name;
  }
  for (const FileSystem& known : kOtherFileSystems) {
    if (known.type == type) return known.name;
  }
  return nullptr;
}

/// With less, no log is begun.
inline constexpr std::uint64_t kSmallestLogBytes = std::uint64_t{4} << 20;

/// How much of a file system of `all` bytes stays free of logs, for the service's own files: a quarter, of Docker's 64
/// MiB in /dev/shm 16; of a large disk, 1 GiB.
constexpr std::uint64_t KeptFree(std::uint64_t all) {
  constexpr std::uint64_t kShare = 4, kMost = std::uint64_t{1} << 30;
  return all / kShare < kMost ? all / kShare : kMost;
}

}  // namespace mqtrack::log
