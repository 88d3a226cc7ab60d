#include "libtrack/procfs/oom_kills.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <sstream>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::uint64_t kMostBytes = 1 << 16;
constexpr int kMostRecords = 1'000'000;  // of a log that grows while it is read

std::optional<std::uint64_t> ReadCount(const std::string& path) {
  const auto content = support::ReadFile(path, kMostBytes);
  if (!content) return std::nullopt;
  std::istringstream lines(*content);
  std::string key;
  std::uint64_t count = 0;
  while (lines >> key >> count) {
    if (key == "oom_kill") return count;
  }
  return std::nullopt;
}

/// Its group in the one hierarchy of version 2, else in that of memory of version 1, below `cgroups`.
std::string FolderOf(std::int64_t pid, const std::string& proc, const std::string& cgroups, std::string& group) {
  const auto content = support::ReadFile(proc + "/" + std::to_string(pid) + "/cgroup", kMostBytes);
  if (!content) return {};
  std::istringstream lines(*content);
  std::string second_version, first_version;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t end = line.rfind(":/");
    if (end == std::string::npos) continue;
    if (line.starts_with("0::")) second_version = line.substr(end + 1);
    if (line.find(":memory:") != std::string::npos) first_version = line.substr(end + 1);
  }
  group = first_version.empty() ? second_version : first_version;
  if (group.empty() || group.find("/..") != std::string::npos) return {};
  const std::size_t deleted = group.find(" (deleted)");
  if (deleted != std::string::npos) return {};
  return cgroups + (first_version.empty() ? "" : "/memory") + (group == "/" ? "" : group);
}

}  // namespace

std::optional<OomCount> ReadOomCount(std::int64_t pid, const std::string& proc, const std::string& cgroups) {
  OomCount count;
  const std::string folder = FolderOf(pid, proc, cgroups, count.group);
  if (folder.empty()) return std::nullopt;
  auto kills = ReadCount(folder + "/memory.events");
  if (!kills) kills = ReadCount(folder + "/memory.oom_control");
  if (!kills) return std::nullopt;
  count.kills = *kills;
  return count;
}

bool IsOomRecord(std::string_view record, std::int64_t pid, std::int64_t since_boot_us, std::int64_t& time_us) {
  time_us = -1;
  const std::size_t text = record.find(';');
  std::size_t at = 0;
  for (int comma = 0; comma < 2 && at != std::string_view::npos; ++comma) at = record.find(',', at == 0 ? 0 : at + 1);
  if (text == std::string_view::npos || at == std::string_view::npos || at > text) return false;
  const auto [end, error] = std::from_chars(record.data() + at + 1, record.data() + text, time_us);
  if (error != std::errc() || end == record.data() + at + 1) time_us = -1;
  if (time_us < since_boot_us) return false;
  // A record has further lines, which anybody's names may be in.
  const std::string_view line = record.substr(text + 1, record.find('\n', text) - text - 1);
  const std::string killed = "Killed process " + std::to_string(pid) + " (";
  return line.find("ut of memory") != std::string_view::npos && line.find(killed) != std::string_view::npos;
}

std::optional<bool> KernelLogTellsOfOom(std::int64_t pid, std::int64_t since_boot_us, const std::string& log) {
  const support::FileHandle file(::open(log.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return std::nullopt;
  std::int64_t oldest = -1;
  char record[8192];
  for (int records = 0; records < kMostRecords; ++records) {
    const ssize_t got = ::read(file.get(), record, sizeof record);
    if (got < 0 && errno == EPIPE) continue;  // what was next is overwritten
    if (got <= 0) break;
    std::int64_t time_us = -1;
    if (IsOomRecord({record, static_cast<std::size_t>(got)}, pid, since_boot_us, time_us)) return true;
    if (oldest < 0) oldest = time_us;
  }
  return oldest >= 0 && oldest <= since_boot_us ? std::optional(false) : std::nullopt;
}

}  // namespace mqtrack::procfs
