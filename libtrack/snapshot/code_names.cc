#include "libtrack/snapshot/code_names.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::snapshot {
namespace {

constexpr off_t kMostBytes = off_t{1} << 30;

// The last number of NSpid: the pid in the innermost namespace, which is what the process knows of itself.
std::string OwnPid(pid_t pid) {
  std::istringstream pids = procfs::ReadProcLine("/proc/" + std::to_string(pid) + "/status", "NSpid:");
  std::string own = std::to_string(pid);
  while (pids >> own) {
  }
  return own;
}

}  // namespace

std::shared_ptr<const symbolize::PerfMap> ReadCodeNames(pid_t pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  const std::string path = process + "/root/tmp/perf-" + OwnPid(pid) + ".map";
  const support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {
  }, owner{};
  if (!file.valid() || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > kMostBytes)
    return {};
  if (info.st_uid != 0 && (::stat(process.c_str(), &owner) != 0 || owner.st_uid != info.st_uid)) return {};
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t n = ::read(file.get(), text.data() + filled, text.size() - filled);
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  text.resize(filled);
  // The process may be in the middle of its last line.
  text.resize(text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1);
  return std::make_shared<const symbolize::PerfMap>(symbolize::PerfMap::Parse(text));
}

}  // namespace mqtrack::snapshot
