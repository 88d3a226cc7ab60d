#include "libtrack/procfs/memory_maps.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::procfs {

namespace {

std::optional<MemoryMapping> ParseMapping(const std::string& line) {
  MemoryMapping mapping;
  char permissions[5] = "";
  int path_at = 0;
  if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n", &mapping.start,
                  &mapping.end, permissions, &mapping.offset, &mapping.inode, &path_at) != 5) {
    return std::nullopt;
  }
  mapping.readable = permissions[0] == 'r';
  mapping.writable = permissions[1] == 'w';
  mapping.executable = permissions[2] == 'x';
  mapping.shared = permissions[3] == 's';
  if (path_at > 0 && static_cast<std::size_t>(path_at) < line.size()) {
    mapping.path = line.substr(static_cast<std::size_t>(path_at));
  }
  return mapping;
}

/// A line of smaps below that of its mapping, such as "Swap:    0 kB".
void AddUse(const std::string& line, MemoryMapping& mapping) {
  constexpr std::uint64_t kKibibyte = 1024;
  std::istringstream words(line);
  std::string key, flag;
  words >> key;
  if (key == "VmFlags:") {
    while (words >> flag) {
      mapping.is_left_out_of_copies |= flag == "dc";
      mapping.is_wiped_in_copies |= flag == "wf";
      mapping.is_filled_by_process |= flag == "um" || flag == "uw" || flag == "ui";
      mapping.is_device |= flag == "io" || flag == "pf";
    }
    return;
  }
  const bool is_resident = key == "Rss:", is_own = key == "Anonymous:";
  // Large pages set aside by the administrator are in neither of the other two.
  const bool is_both = key == "Swap:" || key == "Private_Hugetlb:" || key == "Shared_Hugetlb:";
  std::uint64_t kibibytes = 0;
  if (!(is_resident || is_own || is_both) || !(words >> kibibytes)) return;
  if (!is_own) mapping.resident_bytes += kibibytes * kKibibyte;
  if (!is_resident) mapping.own_bytes += kibibytes * kKibibyte;
}

support::Result<std::vector<MemoryMapping>> ReadMappings(pid_t pid, const char* file) {
  const auto content = support::ReadFile(SharedFolder(pid) + "/" + file);
  if (!content) return content.error();
  std::vector<MemoryMapping> maps;
  std::istringstream lines(*content);
  for (std::string line; std::getline(lines, line);) {
    if (std::optional<MemoryMapping> mapping = ParseMapping(line)) {
      maps.push_back(std::move(*mapping));
    } else if (!maps.empty()) {
      AddUse(line, maps.back());
    }
  }
  return maps;
}

}  // namespace

support::Result<std::vector<MemoryMapping>> ReadMemoryMaps(pid_t pid) { return ReadMappings(pid, "maps"); }

support::Result<std::vector<MemoryMapping>> ReadMemoryUse(pid_t pid) { return ReadMappings(pid, "smaps"); }

bool IsMemoryFile(const MemoryMapping& mapping) {
  const std::string_view path = support::WithoutDeletedMark(mapping.path);
  if (path == "/dev/zero") return true;
  const auto begins = [&](std::string_view start) { return path.starts_with(start); };
  return begins("/memfd:") || begins("/SYSV") || begins("/dev/shm/") || begins("/dev/hugepages/");
}

bool IsShownByDevice(const MemoryMapping& mapping) {
  return mapping.path.starts_with("[v") || (mapping.path.starts_with("/dev/") && !IsMemoryFile(mapping));
}

const MemoryMapping* FindMapping(const std::vector<MemoryMapping>& maps, std::uint64_t address) {
  const auto after = std::upper_bound(maps.begin(), maps.end(), address,
                                      [](std::uint64_t value, const MemoryMapping& m) { return value < m.start; });
  if (after == maps.begin()) return nullptr;
  const MemoryMapping& mapping = *(after - 1);
  return address < mapping.end ? &mapping : nullptr;
}

}  // namespace mqtrack::procfs
