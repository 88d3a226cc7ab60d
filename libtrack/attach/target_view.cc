#include "libtrack/attach/target_view.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <filesystem>

#include "libtrack/process/closed_to.h"
#include "libtrack/procfs/ptrace_refusal.h"

namespace mqtrack::attach {
namespace {

namespace fs = std::filesystem;
using support::Error;
using support::ErrorCode;

std::string ProcPath(pid_t pid, const char* file) { return "/proc/" + std::to_string(pid) + "/" + file; }

std::string ReadLink(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  return error ? std::string() : target.string();
}

}  // namespace

bool SharesPids(pid_t pid) {
  const std::string theirs = ReadLink(ProcPath(pid, "ns/pid"));
  return theirs.empty() || theirs == ReadLink("/proc/self/ns/pid");
}

bool SeesTheSame(pid_t pid, const std::string& path) {
  if (ReadLink(ProcPath(pid, "ns/mnt")) == ReadLink("/proc/self/ns/mnt") && ReadLink(ProcPath(pid, "root")) == "/")
    return true;
  struct stat ours {
  }, theirs{};
  return ::stat(path.c_str(), &ours) == 0 && ::stat((ProcPath(pid, "root") + path).c_str(), &theirs) == 0 &&
         ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

bool MayRead(pid_t pid, const std::string& path) {
  struct stat owner {};
  return ::stat(ProcPath(pid, "").c_str(), &owner) != 0 || process::ClosedTo(path, owner.st_uid).empty();
}

support::Status CheckHasProc(pid_t pid) {
  struct statfs mount {};
  if (::statfs(ProcPath(pid, "root/proc").c_str(), &mount) == 0 && mount.f_type == PROC_SUPER_MAGIC) return {};
  return Error{ErrorCode::kCannotMeasure,
               "has no /proc in its root directory, which the recorder needs: mount it there (mount -t proc proc "
               "ROOT/proc), and attach then",
               procfs::ProcessName(pid)};
}

}  // namespace mqtrack::attach
