#include "libtrack/procfs/memory_room.h"

#include <sstream>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::uint64_t kMostBytes = 1 << 16;

/// A number alone in a file; nothing of "max", which is no limit.
std::optional<std::uint64_t> ReadNumber(const std::string& path) {
  const auto content = support::ReadFile(path, kMostBytes);
  if (!content) return std::nullopt;
  std::istringstream words(*content);
  std::uint64_t number = 0;
  return words >> number ? std::optional(number) : std::nullopt;
}

std::optional<MemoryRoom> MachineRoom(const std::string& proc) {
  std::istringstream words = ReadProcLine(proc + "/meminfo", "MemAvailable:");
  std::uint64_t kibibytes = 0;
  if (!(words >> kibibytes)) return std::nullopt;
  return MemoryRoom{kibibytes * 1024, "the machine"};
}

/// The path of its group in the one hierarchy of version 2; empty: there is none.
std::string GroupOf(std::int64_t pid, const std::string& proc) {
  std::string path;
  std::getline(ReadProcLine(proc + "/" + std::to_string(pid) + "/cgroup", "0::"), path);
  return path;
}

}  // namespace

std::optional<MemoryRoom> ReadMemoryRoom(std::int64_t pid, const std::string& proc, const std::string& cgroups) {
  std::optional<MemoryRoom> least = MachineRoom(proc);
  std::string group = GroupOf(pid, proc);
  // A path that leads out of what is seen here names somebody else's groups.
  if (group.empty() || group.find("/..") != std::string::npos) return least;
  while (true) {
    const std::string folder = cgroups + (group == "/" ? "" : group);
    const auto limit = ReadNumber(folder + "/memory.max"), now = ReadNumber(folder + "/memory.current");
    if (limit && now) {
      const std::uint64_t room = *limit > *now ? *limit - *now : 0;
      if (!least || room < least->bytes) least = MemoryRoom{room, "cgroup " + group};
    }
    if (group == "/") return least;
    const std::size_t slash = group.rfind('/');
    group = slash == 0 || slash == std::string::npos ? "/" : group.substr(0, slash);
  }
}

}  // namespace mqtrack::procfs
