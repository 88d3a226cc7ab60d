#include "libtrack/process/log_for_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "libtrack/log/environment.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;
using support::Result;

struct Owner {
  std::uint32_t uid = 0, gid = 0;
};

/// Effective ids, as the process has them here.
Owner OwnerOf(pid_t pid) {
  Owner owner{::geteuid(), ::getegid()};
  const auto second = [&](const char* key, std::uint32_t& id) {
    std::istringstream words = procfs::ReadProcLine("/proc/" + std::to_string(pid) + "/status", key);
    std::uint32_t real = 0, effective = 0;
    if (words >> real >> effective) id = effective;
  };
  second("Uid:", owner.uid);
  second("Gid:", owner.gid);
  return owner;
}

Error Failed(const char* what, const std::string& where) {
  return {ErrorCode::kSystem, std::string(what) + ": " + support::WhyNotWritten(errno), where};
}

std::string DirectoryFor(const Owner& owner, const std::string& log_dir) {
  if (!log_dir.empty()) return log_dir;
  return DefaultLogDirectory(::geteuid() == 0 ? owner.uid : ::geteuid());
}

/// Opens it, made if need be; one that somebody else controls is refused.
Result<FileHandle> OpenDirectory(const std::string& path, const Owner& owner) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return Failed("cannot make the log directory", path);
  FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!folder.valid() || ::fstat(folder.get(), &info) != 0) return Failed("cannot open the log directory", path);
  if (made && ::geteuid() == 0 && ::fchown(folder.get(), owner.uid, owner.gid) != 0)
    return Failed("cannot give the log directory to the process's user", path);
  const bool trusted = made || info.st_uid == owner.uid || info.st_uid == ::geteuid();
  if (!trusted || (info.st_mode & 022) != 0) {
    return Error{ErrorCode::kBadInput,
                 "the log directory belongs to, or can be written by, another user; choose another one with --log-dir",
                 path};
  }
  struct statfs room {};
  if (::fstatfs(folder.get(), &room) != 0) return Failed("cannot look at the log directory's file system", path);
  if (const support::Status fit = CheckFileSystem(static_cast<std::uint32_t>(room.f_type), path); !fit)
    return fit.error();
  return folder;
}

}  // namespace

Result<LogForTarget> MakeLogForTarget(pid_t pid, const std::string& log_dir) {
  const auto status = procfs::ReadProcStatus(pid);
  if (!status) return Error{ErrorCode::kNotFound, "has ended", procfs::ProcessName(pid)};
  const Owner owner = OwnerOf(pid);
  const std::string directory = DirectoryFor(owner, log_dir);
  const Result<FileHandle> folder = OpenDirectory(directory, owner);
  if (!folder) return folder.error();
  const std::string name = std::to_string(pid) + "-" + std::to_string(status->start_ticks) + log::kLogSuffix;
  LogForTarget made;
  made.path = directory + "/" + name;
  made.start_ticks = status->start_ticks;
  made.uid = owner.uid;
  ::unlinkat(folder->get(), name.c_str(), 0);
  constexpr int kNew = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  made.file = FileHandle(::openat(folder->get(), name.c_str(), kNew, 0600));
  if (!made.file.valid()) return Failed("cannot make the log", made.path);
  if (::geteuid() == 0 && ::fchown(made.file.get(), owner.uid, owner.gid) != 0)
    return Failed("cannot give the log to the process's user", made.path);
  return made;
}

support::Status MakeLogDirectory(pid_t pid, const std::string& log_dir) {
  const Owner owner = OwnerOf(pid);
  const Result<FileHandle> folder = OpenDirectory(log_dir.empty() ? DefaultLogDirectory(owner.uid) : log_dir, owner);
  if (!folder) return folder.error();
  return {};
}

}  // namespace mqtrack::process
