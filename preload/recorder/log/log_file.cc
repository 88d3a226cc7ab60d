#include "preload/recorder/log/log_file.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libtrack/log/environment.h"
#include "libtrack/log/file_systems.h"
#include "preload/recorder/log/log_room.h"
#include "preload/recorder/log/page_bytes.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/kernel_call.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace mqtrack::recorder {
namespace {

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

const char* WhyNoRoom() {
  if (WithinFileSizeLimit(log::kSmallestLogBytes) < log::kSmallestLogBytes)
    return "the limit on file sizes (ulimit -f) leaves no room for the log";
  if (WithinLimits(log::kSmallestLogBytes) < log::kSmallestLogBytes)
    return "the limit on the address space (ulimit -v) leaves no room for the log";
  return "no memory for the log";
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
  // Not strcat: which function of the C library that becomes depends on the compiler, and imports are a golden list.
  const std::size_t directory_bytes = std::strlen(settings_.directory);
  std::memcpy(path_, settings_.directory, directory_bytes);
  path_[directory_bytes] = '/';
  std::strcpy(path_ + directory_bytes + 1, name);
}

bool LogFile::Create(const LogSettings& settings, const char*& why) {
  settings_ = settings;
  if (settings.filtered) return CreateFiltered(why);
  int fd = -1;
  if (!OpenNew(fd, why)) return false;
  const std::uint64_t group_limit = WithinGroupLimit(settings.limit_bytes);
  void* memory = MAP_FAILED;
  const bool fits = room_.Learn(fd, settings_.directory, why);
  if (fits) why = WhyNoRoom();
  // Of a control group that may have next to nothing the log gets the smallest part that is of use.
  file_bytes_ = fits ? WithinLimits(group_limit < log::kSmallestLogBytes ? log::kSmallestLogBytes : group_limit) : 0;
  for (; file_bytes_ >= log::kSmallestLogBytes; file_bytes_ /= 2) {
    file_bytes_ = RoundDownToPages(file_bytes_);
    if (::ftruncate(fd, static_cast<off_t>(file_bytes_)) != 0) continue;
    memory = MapMemory(nullptr, file_bytes_, PROT_NONE, MAP_SHARED | MAP_NORESERVE, fd);
    if (memory != MAP_FAILED) break;
  }
  bool good = memory != MAP_FAILED;
  if (good) {
    base_ = static_cast<std::byte*>(memory);
    ::madvise(base_, file_bytes_, MADV_DONTDUMP);
    good = room_.Has(log::kHeaderBytes, 0) && Populate(base_, log::kHeaderBytes, fd, 0);
    if (room_.IsFull())
      why = "no room for the log: a quarter of its file system (at most 1 GiB) stays free for the service";
    if (!good) UnmapMemory(base_, file_bytes_);
  }
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
  header.run = settings_.run;
  made_as_ = settings_.filtered ? static_cast<std::uint32_t>(::getauxval(AT_EUID)) : ::geteuid();
  own_pid_ = settings_.filtered ? static_cast<int>(StatField(1)) : ::getpid();
  const bool renamed = settings_.seen_as.pid != 0;
  header.pid = renamed ? settings_.seen_as.pid : static_cast<std::uint32_t>(own_pid_);
  header.uid = renamed              ? settings_.seen_as.uid
               : settings_.filtered ? static_cast<std::uint32_t>(::getauxval(AT_UID))
                                    : ::getuid();
  header.start_ticks = renamed ? settings_.seen_as.start_ticks : StartTicks();
  header.pid_namespace = renamed ? settings_.seen_as.pid_namespace : PidNamespace();
  header.parent_pid = settings_.origin == log::Origin::kAttach ? 0
                      : settings_.filtered                     ? static_cast<std::uint32_t>(StatField(4))
                                                               : static_cast<std::uint32_t>(::getppid());
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
  const bool backed = settings_.filtered || (room_.Has(bytes, LoadRelaxed(header().reserved_bytes)) &&
                                             Populate(base_ + offset, bytes, -1, offset));
  errno = saved;
  if (backed) AddRelaxed(header().reserved_bytes, bytes);
  return backed;
}

std::uint64_t LogFile::Commit(std::uint64_t bytes) {
  bytes = RoundUpToPages(bytes);
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
  StoreRelaxed(segment.bytes, RoundUpToPages(bytes));
  StoreRelaxed(segment.count, count);
  StoreRelease(segment.kind, static_cast<std::uint32_t>(kind));
}

void LogFile::ReserveAtMost(std::uint64_t bytes) {
  bytes = RoundDownToPages(bytes / kShareOfAddressSpace);
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
