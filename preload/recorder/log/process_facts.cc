#include "preload/recorder/log/process_facts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <ctime>

#include "libtrack/log/environment.h"
#include "libtrack/log/layout.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {
namespace {

int Open(const char* path) {
  return static_cast<int>(KernelCall(SYS_openat, AT_FDCWD, Argument(path), O_RDONLY | O_CLOEXEC));
}
long Read(int fd, char* buffer, std::size_t bytes) {
  return KernelCall(SYS_read, fd, Argument(buffer), static_cast<long>(bytes));
}
void Close(int fd) { KernelCall(SYS_close, fd); }

/// Lines of a file through a small buffer, since a thread's stack may be tiny. Longer lines are cut.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}
  bool Next(char* line, std::size_t capacity) {
    std::size_t length = 0;
    bool any = false;
    for (;;) {
      if (at_ == filled_) {
        const long n = Read(fd_, buffer_, sizeof buffer_);
        if (n <= 0) break;
        at_ = 0;
        filled_ = static_cast<std::size_t>(n);
      }
      any = true;
      const char c = buffer_[at_++];
      if (c == '\n') break;
      if (length + 1 < capacity) line[length++] = c;
    }
    line[length] = 0;
    return any;
  }

 private:
  int fd_;
  char buffer_[512];
  std::size_t at_ = 0, filled_ = 0;
};

/// How many seccomp filters the process has whose status file this is; before Linux 5.9, which does not say, 2 if any.
std::uint64_t CountFilters(const char* status) {
  const int fd = Open(status);
  if (fd < 0) return 0;
  static constexpr const char* kNames[] = {"Seccomp:\t", "Seccomp_filters:\t"};
  LineReader lines(fd);
  char line[64];
  std::uint64_t filters = 0;
  while (lines.Next(line, sizeof line)) {
    for (const char* name : kNames) {
      if (std::strncmp(line, name, std::strlen(name)) == 0) filters = ParseDecimal(line + std::strlen(name));
    }
  }
  Close(fd);
  return filters;
}

}  // namespace

std::uint64_t ParseDecimal(const char* text) {
  std::uint64_t value = 0;
  for (; *text >= '0' && *text <= '9'; ++text) value = value * 10 + static_cast<std::uint64_t>(*text - '0');
  return value;
}

std::uintptr_t ParseHex(const char*& text) {
  std::uintptr_t value = 0;
  for (;; ++text) {
    const char c = *text;
    if (c >= '0' && c <= '9')
      value = value * 16 + static_cast<std::uintptr_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      value = value * 16 + static_cast<std::uintptr_t>(c - 'a' + 10);
    else
      return value;
  }
}

void VisitLines(const char* path, void (*visit)(const char* line, void* data), void* data) {
  const int fd = Open(path);
  if (fd < 0) return;
  LineReader lines(fd);
  char line[128];
  while (lines.Next(line, sizeof line)) visit(line, data);
  Close(fd);
}

std::size_t ReadSmallFile(const char* path, char* buffer, std::size_t capacity) {
  const int fd = Open(path);
  if (fd < 0) return 0;
  std::size_t filled = 0;
  while (filled < capacity) {
    const long n = Read(fd, buffer + filled, capacity - filled);
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  Close(fd);
  return filled;
}

std::uint64_t StatField(int wanted) {
  char text[512];
  const std::size_t length = ReadSmallFile("/proc/self/stat", text, sizeof text - 1);
  text[length] = 0;
  const char* at = text;
  if (wanted > 1) {
    at = std::strrchr(text, ')');  // the name may hold spaces and parentheses
    if (at == nullptr) return 0;
    ++at;
  }
  for (int field = wanted > 1 ? 2 : 1; field < wanted && *at != 0; ++at) {
    if (*at == ' ') ++field;
  }
  return ParseDecimal(at);
}

bool HasFilterOfItsOwn() {
  const std::uint64_t own = CountFilters("/proc/self/status");
  // A container's filter is also that of its first process, and lets programs of all kinds work.
  return own != 0 && own > CountFilters("/proc/1/status");
}

void ReadExecutablePath(char* buffer, std::size_t capacity) {
  const long n = ReadLink("/proc/self/exe", buffer, capacity - 1);
  buffer[n > 0 ? n : 0] = 0;
}

std::uint64_t PidNamespace() {
  const int fd = Open("/proc/self/ns/pid");
  if (fd < 0) return 0;
  struct stat info {};
  const bool known = ::fstat(fd, &info) == 0;
  Close(fd);
  return known ? info.st_ino : 0;
}

std::uint64_t NowUnixNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::size_t FormatDecimal(std::uint64_t value, char* buffer) {
  char reversed[20];
  std::size_t digits = 0;
  do {
    reversed[digits++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (std::size_t i = 0; i < digits; ++i) buffer[i] = reversed[digits - 1 - i];
  buffer[digits] = 0;
  return digits;
}

void FormatLogName(std::uint64_t pid, char* name) {
  std::size_t length = FormatDecimal(pid, name);
  name[length++] = '-';
  length += FormatDecimal(StartTicks(), name + length);
  if (const std::uint64_t space = PidNamespace(); space != 0 && space != log::kInitialPidNamespace) {
    name[length++] = '-';
    length += FormatDecimal(space, name + length);
  }
  std::strcpy(name + length, log::kLogSuffix);
}

namespace {

/// The mapped files, one after the other.
class MapsReader {
 public:
  MapsReader() : fd_(Open("/proc/self/maps")), lines_(fd_) {}
  ~MapsReader() {
    if (fd_ >= 0) Close(fd_);
  }
  MapsReader(const MapsReader&) = delete;
  MapsReader& operator=(const MapsReader&) = delete;

  bool Next(MappedFile& file) {
    while (fd_ >= 0 && lines_.Next(line_, sizeof line_)) {
      const char* at = line_;
      file.start = ParseHex(at);
      if (*at++ != '-') continue;
      file.end = ParseHex(at);
      file.path = std::strchr(at, '/');
      if (file.path != nullptr) return true;
    }
    return false;
  }

 private:
  int fd_;
  LineReader lines_;
  char line_[640];
};

}  // namespace

void VisitMappedFiles(void (*visit)(const MappedFile& file)) {
  MapsReader maps;
  for (MappedFile file{}; maps.Next(file);) visit(file);
}

bool FindMappedPath(std::uintptr_t address, char* path, std::size_t capacity) {
  MapsReader maps;
  for (MappedFile file{}; maps.Next(file);) {
    if (address < file.start || address >= file.end) continue;
    if (std::strlen(file.path) >= capacity) return false;
    std::strcpy(path, file.path);
    return true;
  }
  return false;
}

}  // namespace mqtrack::recorder
