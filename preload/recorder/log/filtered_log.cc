// The log of a process that was started under a system call filter (seccomp) of its own, as a service manager sets them
// up. What is not on its list may end the process, and cannot be tried: so only calls are made that the loader has made
// already, and write, without which no service does anything.
//
// The log therefore has all its memory from the start, had by writing zeros, and never grows: when it is full, records
// are dropped and counted. The file is not removed and made anew but written over, for which no call is needed that
// a service does not need itself. Its directory must be there.
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/log/log_room.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

/// About 300,000 blocks. A limit that the user asked for is taken instead.
constexpr std::uint64_t kUsualBytes = std::uint64_t{16} << 20;
constexpr std::uint64_t kSmallestBytes = std::uint64_t{1} << 20;
constexpr char kZeros[4096] = {};

/// Writes zeros over the beginning of the file, up to `bytes`; returns how many it got.
std::uint64_t WriteZeros(int fd, std::uint64_t bytes) {
  std::uint64_t written = 0;
  while (written < bytes) {
    const long n = KernelCall(SYS_write, fd, Argument(kZeros), sizeof kZeros);
    if (n <= 0) break;
    written += static_cast<std::uint64_t>(n);
  }
  return written & ~(sizeof kZeros - 1);
}

/// Opens the log in a directory that belongs to this user alone; -1 if it cannot.
int OpenIn(const char* directory, const char* name, int flags) {
  const int folder = static_cast<int>(
      KernelCall(SYS_openat, AT_FDCWD, Argument(directory), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder < 0) return -1;
  struct stat info {};
  int fd = -1;
  if (::fstat(folder, &info) == 0 && info.st_uid == ::getauxval(AT_EUID) && (info.st_mode & 022) == 0) {
    fd = static_cast<int>(
        KernelCall(SYS_openat, folder, Argument(name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | flags, 0600));
  }
  KernelCall(SYS_close, folder);
  return fd;
}

}  // namespace

bool LogFile::CreateFiltered(const char*& why) {
  why = "the process has a system call filter, and the log's directory does not exist, or is not this user's alone";
  char name[80];
  const bool made_for_it = settings_.descriptor >= 0;
  if (!made_for_it) {
    FormatLogName(StatField(1), name);
    SetPath(name);
  }
  const int fd = made_for_it ? settings_.descriptor : OpenIn(settings_.directory, name, 0);
  if (fd < 0) return false;
  why = "no memory for the log";
  const std::uint64_t wanted =
      settings_.limit_bytes < log::kDefaultLogLimit ? settings_.limit_bytes : std::uint64_t{kUsualBytes};
  file_bytes_ = WriteZeros(fd, WithinLimits(wanted));
  void* memory = MAP_FAILED;
  if (file_bytes_ >= kSmallestBytes) memory = MapMemory(nullptr, file_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  KernelCall(SYS_close, fd);
  if (memory == MAP_FAILED && made_for_it) return false;
  if (memory == MAP_FAILED) {
    const int emptied = OpenIn(settings_.directory, name, O_TRUNC);  // what cannot be removed can be made empty
    if (emptied >= 0) KernelCall(SYS_close, emptied);
    return false;
  }
  base_ = static_cast<std::byte*>(memory);
  mapped_bytes_ = file_bytes_;
  committed_ = log::kHeaderBytes;
  FillHeader();
  return true;
}

}  // namespace mqtrack::recorder
