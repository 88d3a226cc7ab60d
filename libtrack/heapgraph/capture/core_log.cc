#include "libtrack/heapgraph/capture/core_log.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "libtrack/log/layout.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::uint64_t kMostLogBytes = std::uint64_t{1} << 46;

}  // namespace

std::optional<CoreLog> FindLogOf(const corefile::CoreFile& core) {
  std::vector<CoreLog> logs;
  for (const corefile::MappedPart& part : core.notes().files) {
    const std::string_view path = support::WithoutDeletedMark(part.path);
    const std::optional<process::LogName> name = process::ParseLogName(std::string(support::BaseName(path)));
    if (!name || part.offset > part.start || part.offset > kMostLogBytes) continue;
    const std::uint64_t start = part.start - part.offset;
    const auto known = std::find_if(logs.begin(), logs.end(),
                                    [&](const CoreLog& log) { return log.path == path && log.start == start; });
    if (known == logs.end()) {
      logs.push_back({std::string(path), *name, start, part.end});
    } else {
      known->end = std::max(known->end, part.end);
    }
  }
  if (logs.empty()) return std::nullopt;
  // A child of fork may have its parent's mapped besides.
  const auto own =
      std::find_if(logs.begin(), logs.end(), [&](const CoreLog& log) { return log.name.pid == core.notes().pid; });
  return own == logs.end() ? logs.front() : *own;
}

Result<std::unique_ptr<LogImage>> LogImage::Read(const corefile::CoreFile& core, const CoreLog& log) {
  char magic[sizeof log::kMagic] = {};
  const std::uint64_t bytes = log.end - log.start;
  const bool is_there = core.Read(log.start, magic, sizeof magic) == sizeof magic &&
                        std::memcmp(magic, log::kMagic, sizeof magic) == 0 && bytes <= kMostLogBytes;
  if (!is_there) return std::unique_ptr<LogImage>();
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    return Error{ErrorCode::kSystem, std::string("no address space for the log in it: ") + std::strerror(errno),
                 core.path()};
  }
  std::unique_ptr<LogImage> image(new LogImage({static_cast<std::byte*>(data), bytes}, core.path()));
  for (const corefile::Segment& segment : core.segments()) {
    if (segment.end <= log.start || segment.start >= log.end) continue;
    const std::uint64_t from = std::max(segment.start, log.start), to = std::min(segment.end, log.end);
    for (const auto& [start, end] : core.Written(segment, from, to))
      (void)core.Read(start, image->bytes_.data() + (start - log.start), end - start);
  }
  return image;
}

LogImage::~LogImage() { ::munmap(bytes_.data(), bytes_.size()); }

}  // namespace mqtrack::heapgraph
