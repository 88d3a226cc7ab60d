#include "libtrack/procfs/proc_status.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::uint64_t kStatLimit = 64 * 1024;

/// The folder of a thread that goes on after the main one has ended by pthread_exit: the process looks like a zombie,
/// and serves on. Nothing if there is none.
std::optional<std::string> OtherThread(std::int64_t pid) {
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    if (it->path().filename() != std::to_string(pid)) return it->path().string();
  }
  return std::nullopt;
}

/// Bytes, from the folder of a process or of a thread.
MemorySize ReadMemorySizeIn(const std::string& folder) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  MemorySize size;
  if (std::ifstream(folder + "/statm") >> size.virtual_bytes >> size.resident_bytes)
    size.virtual_bytes *= page, size.resident_bytes *= page;
  return size;
}

}  // namespace

std::optional<ProcStatus> ReadProcStatus(std::int64_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string directory = "/proc/" + std::to_string(pid);
  struct stat owner {};
  if (::stat(directory.c_str(), &owner) != 0) return std::nullopt;
  const auto content = support::ReadFile(directory + "/stat", kStatLimit);
  if (!content) return std::nullopt;
  // "pid (comm) state ppid …": comm may hold spaces and parentheses, so the last ')' ends it.
  const std::size_t open = content->find('('), close = content->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  ProcStatus status;
  status.uid = owner.st_uid;
  status.comm = content->substr(open + 1, close - open - 1);
  std::istringstream rest(content->substr(close + 1));
  rest >> status.state;  // field 3
  rest >> status.parent_pid;
  std::string skipped;
  for (int field = 5; field < 22; ++field) rest >> skipped;
  rest >> status.start_ticks;  // field 22
  if (!rest) return std::nullopt;
  const std::optional<std::string> other = status.state == 'Z' ? OtherThread(pid) : std::nullopt;
  status.resident_bytes = ReadMemorySizeIn(other.value_or(directory)).resident_bytes;
  return status;
}

bool IsDescendant(std::int64_t pid, std::int64_t ancestor) {
  constexpr int kDeepest = 256;  // pids may be reused while this looks: no loop is for ever
  for (int depth = 0; depth < kDeepest && pid > 1; ++depth) {
    const std::optional<ProcStatus> status = ReadProcStatus(pid);
    if (!status) return false;
    if (status->parent_pid == ancestor) return true;
    pid = status->parent_pid;
  }
  return false;
}

bool HasDroppedPrivileges(std::int64_t pid) {
  const std::string file = "/proc/" + std::to_string(pid) + "/status";
  struct stat owner {};  // of a file; the directory always belongs to the effective user
  std::istringstream ids = ReadProcLine(file, "Uid:");
  std::uint32_t real = 0, effective = 0;
  return ::stat(file.c_str(), &owner) == 0 && (ids >> real >> effective) && owner.st_uid != effective;
}

std::string SharedFolder(std::int64_t pid) {
  const std::string own = "/proc/" + std::to_string(pid);
  const std::optional<ProcStatus> status = ReadProcStatus(pid);
  if (!status || status->state != 'Z') return own;
  return OtherThread(pid).value_or(own);
}

MemorySize ReadMemorySize(std::int64_t pid) { return ReadMemorySizeIn(SharedFolder(pid)); }

bool HasInEnvironment(std::int64_t pid, const std::string& entry) {
  const support::Result<std::string> environment = support::ReadFile(SharedFolder(pid) + "/environ");
  if (!environment) return false;
  const std::string delimiter(1, '\0');
  return (delimiter + *environment).find(delimiter + entry + delimiter) != std::string::npos;
}

std::vector<std::string> CommandOf(std::int64_t pid) {
  std::vector<std::string> words;
  const auto content = support::ReadFile("/proc/" + std::to_string(pid) + "/cmdline");
  if (!content) return words;
  for (std::size_t at = 0; at < content->size();) {
    const std::size_t end = std::min(content->find('\0', at), content->size());
    words.push_back(content->substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::istringstream ReadProcLine(const std::string& path, const std::string& key) {
  const auto content = support::ReadFile(path, kStatLimit);
  const std::string text = content ? "\n" + *content : std::string();
  const std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) return {};
  const std::size_t from = at + 1 + key.size();
  return std::istringstream(text.substr(from, text.find('\n', from) - from));
}

bool IsAlive(std::int64_t pid, std::uint64_t start_ticks) {
  const std::optional<ProcStatus> status = ReadProcStatus(pid);
  if (!status || status->start_ticks != start_ticks) return false;
  if (status->state == 'X' || status->state == 'x') return false;
  return status->state != 'Z' || OtherThread(pid);
}

}  // namespace mqtrack::procfs
