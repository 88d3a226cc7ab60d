#include "preload/recorder/log/log_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kSmallestLog = std::uint64_t{4} << 20;
constexpr std::uint64_t kShareOfAddressSpace = 16;

std::uint64_t RoundUp(std::uint64_t bytes) { return (bytes + kPage - 1) & ~(kPage - 1); }

/// A file larger than RLIMIT_FSIZE would raise SIGXFSZ.
std::uint64_t WithinFileSizeLimit(std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < bytes) {
    bytes = limit.rlim_cur;
  }
  return bytes & ~(kPage - 1);
}

/// Backs [start, start + bytes) with memory. Kernels before 5.14 cannot promise memory without a descriptor, which `fd`
/// is at creation and -1 later: there the log does not grow beyond its first pieces.
bool Populate(std::byte* start, std::uint64_t bytes, int fd, std::uint64_t offset) {
  if (::mprotect(start, bytes, PROT_READ | PROT_WRITE) != 0) return false;
  if (::madvise(start, bytes, MADV_POPULATE_WRITE) == 0) return true;
  const bool unsupported = errno == EINVAL;
  if (unsupported && fd >= 0 && ::posix_fallocate(fd, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0)
    return true;
  ::mprotect(start, bytes, PROT_NONE);
  return false;
}

bool IsOnMemoryFileSystem(int fd) {
  struct statfs info {};
  return ::fstatfs(fd, &info) == 0 && info.f_type == TMPFS_MAGIC;
}

/// Opens the directory, creating it if need be; refuses one that somebody else controls.
int OpenDirectory(const char* path, const char*& why) {
  if (::mkdir(path, 0700) != 0 && errno != EEXIST) {
    why = "cannot create the log directory";
    return -1;
  }
  const int fd = static_cast<int>(
      KernelCall(SYS_openat, AT_FDCWD, Argument(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (fd < 0 || ::fstat(fd, &info) != 0) {
    why = "cannot open the log directory";
  } else if (info.st_uid != ::geteuid() || (info.st_mode & 022) != 0) {
    why = "the log directory belongs to, or can be written by, another user";
  } else {
    return fd;
  }
  if (fd >= 0) KernelCall(SYS_close, fd);
  return -1;
}

}  // namespace

// The service's own limits come first: of a limited address space the log takes at most a sixteenth.
std::uint64_t WithinLimits(std::uint64_t bytes) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      limit.rlim_cur / kShareOfAddressSpace < bytes) {
    bytes = limit.rlim_cur / kShareOfAddressSpace;
  }
  return WithinFileSizeLimit(bytes);
}

bool LogFile::OpenNew(int& fd, const char*& why) {
  if (settings_.descriptor >= 0) {
    fd = settings_.descriptor;
    return true;
  }
  const int directory = OpenDirectory(settings_.directory, why);
  if (directory < 0) return false;
  char name[80];
  FormatLogName(static_cast<std::uint64_t>(::getpid()), name);
  // The same process that became another program by exec: what the old one had is gone with it.
  ::unlinkat(directory, name, 0);
  fd = static_cast<int>(
      KernelCall(SYS_openat, directory, Argument(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  KernelCall(SYS_close, directory);
  if (fd < 0) {
    why = "cannot create the log file";
    return false;
  }
  SetPath(name);
  return true;
}

void LogFile::SetPath(const char* name) {
  std::strcpy(path_, settings_.directory);
  std::strcat(path_, "/");
  std::strcat(path_, name);
}

bool LogFile::Create(const LogSettings& settings, const char*& why) {
  settings_ = settings;
  if (settings.filtered) return CreateFiltered(why);
  int fd = -1;
  if (!OpenNew(fd, why)) return false;
  why = "no memory for the log";
  void* memory = MAP_FAILED;
  for (file_bytes_ = WithinLimits(settings.limit_bytes); file_bytes_ >= kSmallestLog; file_bytes_ /= 2) {
    file_bytes_ &= ~(kPage - 1);
    if (::ftruncate(fd, static_cast<off_t>(file_bytes_)) != 0) continue;
    memory = MapMemory(nullptr, file_bytes_, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd);
    if (memory != MAP_FAILED) break;
  }
  bool good = memory != MAP_FAILED;
  if (good) {
    base_ = static_cast<std::byte*>(memory);
    ::madvise(base_, file_bytes_, MADV_DONTDUMP);
    good = Populate(base_, log::kHeaderBytes, fd, 0);
    if (!good) UnmapMemory(base_, file_bytes_);
  }
  is_in_memory_ = good && IsOnMemoryFileSystem(fd);
  if (!good) ::unlink(path_);
  KernelCall(SYS_close, fd);
  if (!good) return false;
  mapped_bytes_ = file_bytes_;
  committed_ = log::kHeaderBytes;
  FillHeader();
  return true;
}

void LogFile::FillHeader() {
  log::Header& header = this->header();
  header.version = log::kVersion;
  header.header_bytes = log::kHeaderBytes;
  header.file_bytes = file_bytes_;
  header.reserved_bytes = committed_;
  header.state = static_cast<std::uint32_t>(log::State::kStarting);
  header.mode = static_cast<std::uint32_t>(settings_.sample_bytes != 0 ? log::Mode::kSampled : log::Mode::kExact);
  header.sample_bytes = settings_.sample_bytes;
  header.origin = static_cast<std::uint32_t>(settings_.origin);
  own_pid_ = settings_.filtered ? static_cast<int>(StatField(1)) : ::getpid();
  const bool renamed = settings_.seen_as.pid != 0;
  header.pid = renamed ? settings_.seen_as.pid : static_cast<std::uint32_t>(own_pid_);
  header.uid = renamed              ? settings_.seen_as.uid
               : settings_.filtered ? static_cast<std::uint32_t>(::getauxval(AT_UID))
                                    : ::getuid();
  header.start_ticks = renamed ? settings_.seen_as.start_ticks : StartTicks();
  header.pid_namespace = renamed ? settings_.seen_as.pid_namespace : PidNamespace();
  header.started_unix_ns = NowUnixNanos();
  if (settings_.filtered) {
    std::strncpy(header.exe, reinterpret_cast<const char*>(::getauxval(AT_EXECFN)), sizeof header.exe - 1);
  } else {
    ReadExecutablePath(header.exe, sizeof header.exe);
  }
  const std::size_t comm = ReadSmallFile("/proc/self/comm", header.comm, sizeof header.comm - 1);
  header.comm[comm > 0 ? comm - 1 : 0] = 0;  // ends with a newline
  header.cmdline_bytes =
      static_cast<std::uint32_t>(ReadSmallFile("/proc/self/cmdline", header.cmdline, sizeof header.cmdline));
  // Last, and in one piece: a reader that finds the magic finds everything before it.
  std::uint64_t magic = 0;
  static_assert(sizeof magic == sizeof header.magic);
  std::memcpy(&magic, log::kMagic, sizeof magic);
  StoreRelease(*reinterpret_cast<std::uint64_t*>(header.magic), magic);
}

std::uint64_t LogFile::SetAside(std::uint64_t bytes) {
  std::uint64_t offset = 0;
  do {  // what does not fit takes nothing: less may
    offset = LoadRelaxed(committed_);
    const std::uint64_t end = LoadRelaxed(file_bytes_);
    if (offset > end || bytes > end - offset) return 0;
  } while (!Swap(committed_, offset, offset + bytes));
  return offset;
}

bool LogFile::Back(std::uint64_t offset, std::uint64_t bytes) {
  const int saved = errno;
  const bool backed = settings_.filtered || Populate(base_ + offset, bytes, -1, offset);
  errno = saved;
  if (backed) AddRelaxed(header().reserved_bytes, bytes);
  return backed;
}

std::uint64_t LogFile::Commit(std::uint64_t bytes) {
  bytes = RoundUp(bytes);
  const std::uint64_t offset = SetAside(bytes);
  return offset != 0 && Back(offset, bytes) ? offset : 0;
}

bool LogFile::Publish(log::SegmentKind kind, std::uint64_t offset, std::uint64_t bytes, std::uint64_t count,
                      std::uint32_t* entry_plus_1) {
  log::Header& header = this->header();
  std::uint32_t index = 0;
  do {
    index = LoadRelaxed(header.segment_count);
    if (index >= log::kMaxSegments) return false;
  } while (!Swap(header.segment_count, index, index + 1));
  if (entry_plus_1 != nullptr) *entry_plus_1 = index + 1;
  PublishAgain(index, kind, offset, bytes, count);
  return true;
}

void LogFile::PublishAgain(std::uint32_t entry, log::SegmentKind kind, std::uint64_t offset, std::uint64_t bytes,
                           std::uint64_t count) {
  log::Segment& segment = header().segments[entry];
  StoreRelaxed(segment.withdrawn, 0u);
  StoreRelaxed(segment.offset, offset);
  StoreRelaxed(segment.bytes, RoundUp(bytes));
  StoreRelaxed(segment.count, count);
  StoreRelease(segment.kind, static_cast<std::uint32_t>(kind));
}

std::uint64_t LogFile::EndOfSegments() const {
  std::uint64_t end = log::kHeaderBytes;
  for (const log::Segment& segment : header().segments) {
    if (LoadAcquire(segment.kind) != 0 && segment.offset + segment.bytes > end) end = segment.offset + segment.bytes;
  }
  return end;
}

bool LogFile::CopyTo(int fd, std::uint64_t limit, EntrySet& copied) const {
  // pwrite from the mapping: the kernel allocates the pages or says ENOSPC, it cannot fault.
  const auto copy = [&](std::uint64_t offset, std::uint64_t bytes) {
    while (bytes > 0) {
      const ssize_t n = ::pwrite(fd, base_ + offset, bytes, static_cast<off_t>(offset));
      if (n <= 0) return false;
      offset += static_cast<std::uint64_t>(n);
      bytes -= static_cast<std::uint64_t>(n);
    }
    return true;
  };
  const log::Header& header = this->header();
  constexpr auto kLevel = static_cast<std::uint32_t>(log::SegmentKind::kLiveLevel);
  const auto copy_entry = [&](std::uint32_t entry) {
    const log::Segment& segment = header.segments[entry];
    const std::uint64_t offset = LoadRelaxed(segment.offset), bytes = LoadRelaxed(segment.bytes);
    copied.Add(entry);
    return offset + bytes <= limit && copy(offset, bytes);
  };
  // The newest level first, and what its entries refer to later: a shrinking parent moves entries to older levels.
  const std::uint32_t entries = LoadAcquire(header.segment_count);
  for (std::uint32_t i = entries < log::kMaxSegments ? entries : log::kMaxSegments; i-- > 0;) {
    if (LoadAcquire(header.segments[i].kind) == kLevel && !copy_entry(i)) return false;
  }
  for (std::uint32_t i = 0; i < LoadAcquire(header.segment_count) && i < log::kMaxSegments; ++i) {
    const std::uint32_t kind = LoadAcquire(header.segments[i].kind);
    if (kind != 0 && kind != kLevel && !copy_entry(i)) return false;
  }
  // The header last: its event counts then tell how much happened meanwhile. Without the magic, which FillHeader writes
  // when the facts are the child's own: one that is killed before that leaves a log that claims to be nobody's.
  return copy(sizeof header.magic, log::kHeaderBytes - sizeof header.magic);
}

/// A copy during which the parent withdrew no level: such a one might have it with other contents, or not at all.
bool LogFile::CopySettled(int fd, std::uint64_t limit, EntrySet& copied) const {
  constexpr int kMostAttempts = 8;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    copied = {};
    const std::uint64_t before = LoadAcquire(header().withdrawals);
    if (::ftruncate(fd, 0) != 0 || ::ftruncate(fd, static_cast<off_t>(limit)) != 0 || !CopyTo(fd, limit, copied))
      return false;
    if (LoadAcquire(header().withdrawals) == before) return true;
  }
  return false;
}

/// In a copy: forgets segments that the original published while it was being made.
void LogFile::KeepOnly(const EntrySet& copied) {
  log::Header& header = this->header();
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < log::kMaxSegments; ++i) {
    log::Segment& segment = header.segments[i];
    if (!copied.Has(i) || !log::IsPublished(segment.kind, segment.withdrawn, header.withdrawals)) segment = {};
    if (segment.kind != 0) end = i + 1;
  }
  header.segment_count = end;
}

/// Maps `fd`, the copy, where the original was.
bool LogFile::MapCopy(int fd, const EntrySet& copied) {
  if (MapMemory(base_, mapped_bytes_, PROT_NONE, MAP_SHARED | MAP_NORESERVE | MAP_FIXED, fd) != base_) return false;
  ::madvise(base_, mapped_bytes_, MADV_DONTDUMP);
  if (::mprotect(base_, log::kHeaderBytes, PROT_READ | PROT_WRITE) != 0) return false;
  KeepOnly(copied);
  for (const log::Segment& segment : header().segments) {
    if (segment.kind != 0 && ::mprotect(base_ + segment.offset, segment.bytes, PROT_READ | PROT_WRITE) != 0)
      return false;
  }
  return true;
}

bool LogFile::Replace(const char*& why) {
  why = "the log was made from outside, and nobody makes one for a child";
  if (settings_.descriptor >= 0) return false;
  int fd = -1;
  if (!OpenNew(fd, why)) {
    // Privileges may have been dropped since the parent chose its directory. Its log, which is still what is mapped
    // here, says where the child's is to be found.
    StoreRelaxed(header().forwarded_uid_plus_1, static_cast<std::uint32_t>(::geteuid() + 1));
    std::strcpy(settings_.directory, log::kDefaultLogDirPrefix);
    FormatDecimal(::geteuid(), settings_.directory + std::strlen(settings_.directory));
    if (!OpenNew(fd, why)) return false;
  }
  why = "no memory for a copy of the log";
  const std::uint64_t bytes = WithinFileSizeLimit(file_bytes_);
  EntrySet copied;
  const bool good = CopySettled(fd, bytes, copied) && MapCopy(fd, copied);
  if (!good) ::unlink(path_);
  is_in_memory_ = good && IsOnMemoryFileSystem(fd);
  KernelCall(SYS_close, fd);
  if (!good) return false;
  log::Header& header = this->header();
  file_bytes_ = bytes;
  committed_ = EndOfSegments();
  FillHeader();
  header.reserved_bytes = log::kHeaderBytes;
  for (const log::Segment& segment : header.segments) header.reserved_bytes += segment.bytes;
  header.ended_unix_ns = 0;
  header.last_snapshot_unix_ns = 0;
  header.forwarded_uid_plus_1 = 0;  // was said to the parent's readers
  return true;
}

void LogFile::ReserveAtMost(std::uint64_t bytes) {
  bytes = bytes / kShareOfAddressSpace & ~(kPage - 1);
  if (bytes >= file_bytes_) return;
  __atomic_store_n(&file_bytes_, bytes, __ATOMIC_SEQ_CST);
  // Whoever was handed a piece by the old limit has by now moved committed_ beyond it.
  const std::uint64_t used = __atomic_load_n(&committed_, __ATOMIC_SEQ_CST);
  const std::uint64_t end = used > bytes ? used : bytes;
  if (end >= mapped_bytes_) return;
  UnmapMemory(base_ + end, mapped_bytes_ - end);
  mapped_bytes_ = end;
}

bool LogFile::IsOfThisProcess() const { return own_pid_ == ::getpid(); }

void LogFile::Unmap() {
  if (mapped_bytes_ != 0) UnmapMemory(base_, mapped_bytes_);
  base_ = nullptr;
  mapped_bytes_ = 0;
}

void LogFile::Unlink() const { ::unlink(path_); }

bool LogFile::IsOfTheRoot() const {
  if (settings_.root_pid != 0) return settings_.root_pid == header().pid;
  return header().origin != static_cast<std::uint32_t>(log::Origin::kFork);
}

}  // namespace mqtrack::recorder
