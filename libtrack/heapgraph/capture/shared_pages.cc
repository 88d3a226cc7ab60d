#include "libtrack/heapgraph/capture/shared_pages.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>

#include "libtrack/support/file.h"

namespace mqtrack::heapgraph {
namespace {

std::string MapFilePath(pid_t pid, const procfs::MemoryMapping& mapping) {
  char name[64];
  std::snprintf(name, sizeof name, "/%lx-%lx", static_cast<unsigned long>(mapping.start),
                static_cast<unsigned long>(mapping.end));
  return "/proc/" + std::to_string(pid) + "/map_files" + name;
}

/// What is written of a file that lies in memory. Nothing if it lies elsewhere, or the kernel does not let us ask.
std::optional<std::vector<AddressRange>> WrittenParts(pid_t pid, const procfs::MemoryMapping& mapping,
                                                      AddressRange range) {
  const support::FileHandle file(::open(MapFilePath(pid, mapping).c_str(), O_RDONLY | O_CLOEXEC));
  struct statfs system {};
  if (!file.valid() || ::fstatfs(file.get(), &system) != 0 || system.f_type != TMPFS_MAGIC) return std::nullopt;
  std::vector<AddressRange> parts;
  const std::uint64_t shift = mapping.start - mapping.offset;  // from a place in the file to an address
  for (std::uint64_t at = range.start - shift; at < range.end - shift;) {
    const off_t data = ::lseek(file.get(), static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // no more of it
    const off_t hole = data < 0 ? data : ::lseek(file.get(), data, SEEK_HOLE);
    if (hole < 0) return std::nullopt;
    const AddressRange part{static_cast<std::uint64_t>(data) + shift,
                            std::min(static_cast<std::uint64_t>(hole) + shift, range.end)};
    if (part.start < part.end) parts.push_back(part);
    at = static_cast<std::uint64_t>(hole);
  }
  return parts;
}

}  // namespace

std::vector<AddressRange> SharedPages::Present(const procfs::MemoryMapping& mapping, AddressRange range) const {
  if (copy_ != service_) {
    if (std::optional<std::vector<AddressRange>> parts = WrittenParts(copy_, mapping, range)) return std::move(*parts);
  }
  return touched_.Present(range);
}

}  // namespace mqtrack::heapgraph
