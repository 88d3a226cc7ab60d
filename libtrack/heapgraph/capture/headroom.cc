#include "libtrack/heapgraph/capture/headroom.h"

#include <charconv>
#include <fstream>
#include <optional>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::heapgraph {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

constexpr std::int64_t kKibibyte = 1024;
// How versions of control groups name the same, and where they are mounted.
struct Version {
  const char* root;
  const char* limit;
  const char* usage;
  const char* reclaimable;  // of memory.stat: pages of files that the kernel drops before it kills
};
constexpr Version kSecond = {"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"};
constexpr Version kFirst = {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
                            "total_inactive_file"};
// A limit of the first version that is none: the largest number, rounded to pages.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

std::int64_t Kibibytes(const std::string& path, const char* key) {
  std::int64_t value = 0;
  procfs::ReadProcLine(path, key) >> value;
  return value * kKibibyte;
}

std::optional<std::int64_t> ReadNumber(const std::string& path) {
  std::ifstream file(path);
  std::int64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;  // "max", or no such file
}

std::optional<MemoryLimit> LimitOf(const Version& version, const std::string& group) {
  const std::string folder = version.root + group + "/";
  const std::optional<std::int64_t> limit = ReadNumber(folder + version.limit);
  const std::optional<std::int64_t> usage = ReadNumber(folder + version.usage);
  if (!limit || !usage || *limit > kNoLimit) return std::nullopt;
  std::int64_t reclaimable = 0;
  procfs::ReadProcLine(folder + "memory.stat", version.reclaimable) >> reclaimable;
  return MemoryLimit{"its control group " + (group.empty() ? "/" : group), *limit - *usage + reclaimable};
}

void AddLimits(const Version& version, std::string group, std::vector<MemoryLimit>& limits) {
  for (;;) {
    if (const std::optional<MemoryLimit> limit = LimitOf(version, group)) limits.push_back(*limit);
    if (group.empty()) return;
    group.resize(group.find_last_of('/'));
  }
}

}  // namespace

CopyCost CostOfCopy(pid_t pid) {
  const std::string status = "/proc/" + std::to_string(pid) + "/status";
  return {Kibibytes(status, "VmPTE:"), Kibibytes(status, "RssAnon:"), Kibibytes(status, "VmData:")};
}

std::vector<MemoryLimit> MemoryLimits(pid_t pid) {
  std::vector<MemoryLimit> limits;
  const auto groups = support::ReadFile("/proc/" + std::to_string(pid) + "/cgroup", 1 << 20);
  std::istringstream lines(groups ? *groups : std::string());
  for (std::string line; std::getline(lines, line);) {  // "0::/path" or "9:memory:/path"
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || second + 1 >= line.size() || line[second + 1] != '/') continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string group = line.substr(second + 1);
    if (group == "/") group.clear();
    if (controllers.empty()) AddLimits(kSecond, group, limits);
    if (("," + controllers + ",").find(",memory,") != std::string::npos) AddLimits(kFirst, group, limits);
  }
  if (const std::int64_t available = Kibibytes("/proc/meminfo", "MemAvailable:"); available != 0)
    limits.push_back({"the machine", available});
  return limits;
}

CommitRoom CommitRoomLeft() {
  constexpr std::int64_t kStrict = 2;
  return {ReadNumber("/proc/sys/vm/overcommit_memory").value_or(0) == kStrict,
          Kibibytes("/proc/meminfo", "CommitLimit:") - Kibibytes("/proc/meminfo", "Committed_AS:")};
}

Status CheckRoomForCopy(pid_t pid, const std::string& name) {
  return CheckRoom(CostOfCopy(pid), CommitRoomLeft(), MemoryLimits(pid), name);
}

Status CheckRoom(const CopyCost& cost, const CommitRoom& commit, const std::vector<MemoryLimit>& limits,
                 const std::string& name) {
  const auto refuse = [&](const std::string& what, std::int64_t need, std::int64_t left) {
    return Error{ErrorCode::kCannotMeasure,
                 "a copy of it may take " + support::FormatBytes(need) + ", and " + what + " has " +
                     support::FormatBytes(left < 0 ? 0 : left) +
                     " left: the service could be killed for it, so nothing was done. Give it more memory, or say "
                     "--force",
                 name};
  };
  if (commit.is_strict && commit.left_bytes < cost.committed)
    return refuse("the machine (vm.overcommit_memory is 2)", cost.committed, commit.left_bytes);
  for (const MemoryLimit& limit : limits) {
    if (limit.left_bytes < cost.need_bytes()) return refuse(limit.name, cost.need_bytes(), limit.left_bytes);
  }
  return {};
}

}  // namespace mqtrack::heapgraph
