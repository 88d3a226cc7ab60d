#include "preload/recorder/log/run_tally.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

log::RunTally* Map(const LogSettings& settings) {
  char path[log::kMaxPath + 32];
  const std::size_t directory_bytes = std::strlen(settings.directory);
  std::memcpy(path, settings.directory, directory_bytes);
  path[directory_bytes] = '/';
  const std::size_t digits = FormatDecimal(settings.run, path + directory_bytes + 1);
  std::strcpy(path + directory_bytes + 1 + digits, log::kTallySuffix);
  const auto fd = static_cast<int>(KernelCall(SYS_openat, AT_FDCWD, Argument(path), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  if (fd < 0) return nullptr;
  struct stat info {};
  void* memory = MAP_FAILED;
  // Of one that is shorter, or has a hole, a write could fault.
  const bool is_whole = ::fstat(fd, &info) == 0 && info.st_size == static_cast<off_t>(log::kTallyBytes) &&
                        info.st_blocks * 512 >= static_cast<off_t>(log::kTallyBytes);
  if (is_whole) memory = MapMemory(nullptr, log::kTallyBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
  KernelCall(SYS_close, fd);
  return memory == MAP_FAILED ? nullptr : static_cast<log::RunTally*>(memory);
}

}  // namespace

void CountWithoutLog(const LogSettings& settings, WithoutLog why, const char* comm) {
  if (settings.run == 0 || settings.filtered) return;
  log::RunTally* tally = Map(settings);
  if (tally == nullptr) return;
  if (std::memcmp(tally->magic, log::kTallyMagic, sizeof tally->magic) == 0) {
    std::uint64_t name[2] = {};
    std::memcpy(name, comm, strnlen(comm, sizeof name - 1));
    StoreRelaxed(tally->last_comm[0], name[0]);
    StoreRelaxed(tally->last_comm[1], name[1]);
    AddRelaxed(why == WithoutLog::kShortLife ? tally->left_no_log : tally->not_recorded, std::uint64_t{1});
  }
  UnmapMemory(tally, log::kTallyBytes);
}

}  // namespace mqtrack::recorder
