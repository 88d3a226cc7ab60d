#include "preload/hooks/process/without_log.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "libtrack/log/environment.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/log/run_tally.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/kernel_call.h"

extern "C" char** environ;

namespace mqtrack::hooks {
namespace {

using recorder::Argument;
using recorder::KernelCall;

const char* Find(char* const environment[], const char* name) {
  const std::size_t bytes = std::strlen(name);
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    if (std::strncmp(*environment, name, bytes) == 0 && (*environment)[bytes] == '=') return *environment + bytes + 1;
  }
  return nullptr;
}

long OpenProgram(const char* path) { return KernelCall(SYS_openat, AT_FDCWD, Argument(path), O_RDONLY | O_CLOEXEC); }

/// As execvp looks for it. Negative: there is none.
long OpenOnPath(const char* name) {
  const char* folders = std::strchr(name, '/') == nullptr ? Find(environ, "PATH") : nullptr;
  if (folders == nullptr) return OpenProgram(name);
  char path[1024];
  for (const char* folder = folders; *folder != 0;) {
    const std::size_t bytes = std::strcspn(folder, ":");
    if (bytes != 0 && bytes + std::strlen(name) + 2 <= sizeof path) {
      std::memcpy(path, folder, bytes);
      path[bytes] = '/';
      std::strcpy(path + bytes + 1, name);
      const long fd = OpenProgram(path);
      if (fd >= 0) return fd;
    }
    folder += bytes + (folder[bytes] == ':' ? 1 : 0);
  }
  return -1;
}

/// The loader ignores LD_PRELOAD of a program that gets other rights than it was started with.
bool GetsOtherRights(long fd) {
  struct stat info {};
  if (::fstat(static_cast<int>(fd), &info) != 0) return false;
  return ((info.st_mode & S_ISUID) != 0 && info.st_uid != ::geteuid()) ||
         ((info.st_mode & S_ISGID) != 0 && info.st_gid != ::getegid());
}

/// True of an executable that names no loader.
bool IsStatic(long fd) {
  ElfW(Ehdr) header;
  if (KernelCall(SYS_pread64, fd, Argument(&header), sizeof header, 0) != static_cast<long>(sizeof header))
    return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr))) return false;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment;
    const auto at = static_cast<long>(header.e_phoff + i * sizeof segment);
    if (KernelCall(SYS_pread64, fd, Argument(&segment), sizeof segment, at) != static_cast<long>(sizeof segment))
      return false;
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

}  // namespace

void CountThisWithoutLog() {
  if (recorder::Swap(gate.is_counted, 0u, 1u)) recorder::CountWithoutLog(recorder::WithoutLog::kNotRecorded, "");
}

bool UncountThisWithoutLog() {
  if (!recorder::Swap(gate.is_counted, 1u, 0u)) return false;
  recorder::UncountNotRecorded();
  return true;
}

bool IsOfAnotherRun(char* const environment[]) {
  const char* run = Find(environment, log::kEnvRun);
  const char* nanos = run != nullptr ? std::strchr(run, '-') : nullptr;
  return nanos != nullptr && recorder::ParseDecimal(nanos + 1) != recorder::CountingRun();
}

bool CannotLoadRecorder(const char* path, char* const environment[]) {
  const recorder::ErrnoKeeper keep_errno;
  const char* preload = Find(environment, "LD_PRELOAD");
  if (preload == nullptr || *preload == 0) return true;
  const long fd = OpenOnPath(path);
  if (fd < 0) return false;
  const bool cannot = GetsOtherRights(fd) || IsStatic(fd);
  KernelCall(SYS_close, fd);
  return cannot;
}

}  // namespace mqtrack::hooks
