#include "libtrack/procfs/process_usage.h"

#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::uint64_t kMostBytes = 64 * 1024;

/// The soft limit on a line of /proc/PID/limits: its name, soft limit, hard limit, unit.
std::optional<std::uint64_t> SoftLimit(const std::string& folder, const std::string& name) {
  std::istringstream words = ReadProcLine(folder + "/limits", name);
  std::uint64_t limit = 0;
  return words >> limit ? std::optional(limit) : std::nullopt;
}

std::optional<std::uint64_t> CountDescriptors(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder + "/fd", error);
  if (error) return std::nullopt;
  std::uint64_t count = 0;
  for (const std::filesystem::directory_iterator end; entry != end; entry.increment(error)) {
    if (error) return std::nullopt;
    ++count;
  }
  return count;
}

/// When the machine was started.
double BootSeconds() {
  double seconds = 0;
  ReadProcLine("/proc/stat", "btime ") >> seconds;
  return seconds;
}

}  // namespace

std::optional<ProcessUsage> ReadProcessUsage(std::int64_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string folder = "/proc/" + std::to_string(pid);
  const auto content = support::ReadFile(folder + "/stat", kMostBytes);
  if (!content) return std::nullopt;
  // "pid (comm) state …": comm may hold spaces and parentheses, so the last ')' ends it. What follows is field 3.
  const std::size_t close = content->rfind(')');
  if (close == std::string::npos) return std::nullopt;
  std::istringstream rest(content->substr(close + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) rest >> skipped;
  double user_ticks = 0, system_ticks = 0, start_ticks = 0;
  rest >> user_ticks >> system_ticks;  // fields 14, 15
  for (int field = 16; field < 20; ++field) rest >> skipped;
  ProcessUsage usage;
  rest >> usage.threads >> skipped >> start_ticks;  // fields 20 to 22
  if (!rest) return std::nullopt;
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.cpu_seconds = (user_ticks + system_ticks) / ticks_a_second;
  usage.started_unix_seconds = BootSeconds() + start_ticks / ticks_a_second;
  const MemorySize size = ReadMemorySize(pid);
  usage.virtual_bytes = size.virtual_bytes;
  usage.resident_bytes = size.resident_bytes;
  usage.descriptors = CountDescriptors(SharedFolder(pid));
  usage.max_descriptors = SoftLimit(folder, "Max open files");
  usage.max_virtual_bytes = SoftLimit(folder, "Max address space");
  return usage;
}

}  // namespace mqtrack::procfs
