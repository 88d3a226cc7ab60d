#include "libtrack/procfs/find_process.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::procfs {
namespace {

using support::Error;
using support::ErrorCode;

constexpr std::size_t kMostListed = 8;

bool IsNumber(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool HasName(pid_t pid, const std::string& name) {
  const auto status = ReadProcStatus(pid);
  if (!status || !IsAlive(pid, status->start_ticks)) return false;
  std::error_code error;
  const std::string program = std::filesystem::read_symlink(SharedFolder(pid) + "/exe", error).string();
  if (error && ::geteuid() == 0) return false;  // a thread of the kernel
  return status->comm == name || support::BaseName(support::WithoutDeletedMark(program)) == name;
}

}  // namespace

support::Result<pid_t> FindProcess(const std::string& pid_or_name) {
  if (IsNumber(pid_or_name)) {
    const long pid = std::strtol(pid_or_name.c_str(), nullptr, 10);
    if (pid > 0 && pid <= INT32_MAX && ReadProcStatus(pid)) return static_cast<pid_t>(pid);
    return Error{ErrorCode::kNotFound, "no such process", "process " + pid_or_name};
  }
  std::vector<pid_t> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!IsNumber(name)) continue;
    const auto pid = static_cast<pid_t>(std::strtol(name.c_str(), nullptr, 10));
    if (pid != ::getpid() && HasName(pid, pid_or_name)) found.push_back(pid);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Error{ErrorCode::kNotFound, "no process has this name", pid_or_name};
  }
  std::sort(found.begin(), found.end());
  std::string pids;
  for (std::size_t i = 0; i < std::min(found.size(), kMostListed); ++i) {
    pids += (i == 0 ? "" : ", ") + std::to_string(found[i]);
  }
  if (found.size() > kMostListed) pids += " and more";
  return Error{ErrorCode::kBadInput, "several processes have this name, give one's pid: " + pids, pid_or_name};
}

}  // namespace mqtrack::procfs
