#include "preload/recorder/log/run_tally.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

constinit log::RunTally* tally = nullptr;
constinit std::uint64_t counting_run = 0;

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
  if (memory == MAP_FAILED) return nullptr;
  auto* found = static_cast<log::RunTally*>(memory);
  if (std::memcmp(found->magic, log::kTallyMagic, sizeof found->magic) == 0) return found;
  UnmapMemory(memory, log::kTallyBytes);
  return nullptr;
}

constexpr std::uint32_t kNone = log::kTallyPids;  // no place

/// Where `pid` has an entry, or where it may have one: kNone if there is no room.
std::uint32_t PlaceOf(std::uint32_t pid, bool only_if_there) {
  std::uint32_t free = kNone;
  for (std::uint32_t i = 0; i < log::kTallyProbes; ++i) {
    const std::uint32_t place = (log::TallyPlace(pid) + i) % log::kTallyPids;
    const std::uint64_t entry = LoadAcquire(tally->pids[place]);
    if (entry >> 32 == pid && entry != 0) return place;
    if (entry == 0 && free == kNone) free = place;
  }
  return only_if_there ? kNone : free;
}

/// One more, or one less if there is any. The place of `pid`, or kNone. Others enter theirs meanwhile, in places that
/// this one may have looked at.
std::uint32_t Change(std::uint32_t pid, bool is_more) {
  constexpr int kMostAttempts = 64;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    const std::uint32_t place = PlaceOf(pid, !is_more);
    if (place == kNone) return kNone;
    const std::uint64_t entry = LoadAcquire(tally->pids[place]);
    if (entry != 0 ? entry >> 32 != pid : !is_more) continue;
    const auto count = static_cast<std::uint32_t>(entry);
    if (Swap(tally->pids[place], entry, log::TallyEntry(pid, is_more ? count + 1 : count - 1))) return place;
  }
  return kNone;
}

}  // namespace

void MapRunTally(const LogSettings& settings) {
  if (settings.run == 0 || tally != nullptr) return;
  tally = Map(settings);
  if (tally != nullptr) counting_run = settings.run;
}

bool IsInRunTally(std::uintptr_t address) {
  return tally != nullptr && address - reinterpret_cast<std::uintptr_t>(tally) < log::kTallyBytes;
}

std::uint64_t CountingRun() { return counting_run; }

void CountWithoutLog(WithoutLog why, const char* comm) {
  if (tally == nullptr) return;
  std::uint64_t name[2] = {};
  std::memcpy(name, comm, strnlen(comm, sizeof name - 1));
  StoreRelaxed(tally->last_comm[0], name[0]);
  StoreRelaxed(tally->last_comm[1], name[1]);
  AddRelaxed(why == WithoutLog::kShortLife ? tally->left_no_log : tally->not_recorded, std::uint64_t{1});
}

void UncountNotRecorded() {
  if (tally != nullptr) AddRelaxed(tally->not_recorded, ~std::uint64_t{0});
}

void CountExecuted(std::uint32_t pid, const char* path) {
  if (tally == nullptr) return;
  const std::uint32_t user = ::geteuid();
  if (user != tally->owner && user != 0) return;  // its program could not take itself out again
  const std::uint32_t place = Change(pid, true);
  if (place == kNone) return;
  const char* slash = std::strrchr(path, '/');
  const char* name = slash != nullptr ? slash + 1 : path;
  char* to = tally->names[place];
  const std::size_t bytes = strnlen(name, log::kTallyNameBytes - 1);
  std::memcpy(to, name, bytes);
  std::memset(to + bytes, 0, log::kTallyNameBytes - bytes);
}

void UncountExecuted(std::uint32_t pid) {
  if (tally != nullptr) (void)Change(pid, false);
}

}  // namespace mqtrack::recorder
