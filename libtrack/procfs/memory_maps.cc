#include "libtrack/procfs/memory_maps.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <sstream>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {

support::Result<std::vector<MemoryMapping>> ReadMemoryMaps(pid_t pid) {
  const auto content = support::ReadFile("/proc/" + std::to_string(pid) + "/maps");
  if (!content) return content.error();
  std::vector<MemoryMapping> maps;
  std::istringstream lines(*content);
  for (std::string line; std::getline(lines, line);) {
    MemoryMapping mapping;
    char permissions[5] = "";
    int path_at = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n", &mapping.start,
                    &mapping.end, permissions, &mapping.offset, &mapping.inode, &path_at) != 5) {
      continue;
    }
    mapping.readable = permissions[0] == 'r';
    mapping.writable = permissions[1] == 'w';
    mapping.executable = permissions[2] == 'x';
    if (path_at > 0 && static_cast<std::size_t>(path_at) < line.size()) {
      mapping.path = line.substr(static_cast<std::size_t>(path_at));
    }
    maps.push_back(std::move(mapping));
  }
  return maps;
}

const MemoryMapping* FindMapping(const std::vector<MemoryMapping>& maps, std::uint64_t address) {
  const auto after = std::upper_bound(maps.begin(), maps.end(), address,
                                      [](std::uint64_t value, const MemoryMapping& m) { return value < m.start; });
  if (after == maps.begin()) return nullptr;
  const MemoryMapping& mapping = *(after - 1);
  return address < mapping.end ? &mapping : nullptr;
}

}  // namespace mqtrack::procfs
