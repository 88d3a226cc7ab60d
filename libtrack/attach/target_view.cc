#include "libtrack/attach/target_view.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <filesystem>

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
  struct stat process {
  }, info{};
  if (::stat(ProcPath(pid, "").c_str(), &process) != 0 || process.st_uid == 0) return true;
  constexpr mode_t kFile = S_IROTH, kFolder = S_IXOTH;
  if (::stat(path.c_str(), &info) != 0 || (info.st_uid != process.st_uid && (info.st_mode & kFile) == 0)) return false;
  for (fs::path folder = fs::path(path).parent_path();; folder = folder.parent_path()) {
    if (::stat(folder.c_str(), &info) != 0 || (info.st_uid != process.st_uid && (info.st_mode & kFolder) == 0))
      return false;
    if (folder == folder.parent_path()) return true;
  }
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
