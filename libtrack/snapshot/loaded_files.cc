#include "libtrack/snapshot/loaded_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "libtrack/procfs/memory_maps.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::snapshot {
namespace {

// A name for the file behind one line of maps that works whatever became of its path. Opening it takes the right to
// look at checkpoints, which root has; the program itself may be opened by its owner.
std::string OpenableName(pid_t pid, const procfs::MemoryMapping& mapping, bool is_main) {
  const std::string process = "/proc/" + std::to_string(pid);
  char range[64];
  std::snprintf(range, sizeof range, "/map_files/%llx-%llx", static_cast<unsigned long long>(mapping.start),
                static_cast<unsigned long long>(mapping.end));
  const std::string name = process + range;
  if (support::FileHandle(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)).valid()) return name;
  return is_main ? process + "/exe" : std::string();
}

// The first line of maps in the mapping's range that is of the same file. Another file may be there by now.
const procfs::MemoryMapping* LineOf(const std::vector<procfs::MemoryMapping>& maps, const profile::Mapping& mapping) {
  const std::string_view name = support::BaseName(support::WithoutDeletedMark(mapping.file));
  const auto line = std::find_if(maps.begin(), maps.end(), [&](const procfs::MemoryMapping& candidate) {
    return candidate.start >= mapping.start && candidate.start < mapping.limit && candidate.inode != 0 &&
           support::BaseName(support::WithoutDeletedMark(candidate.path)) == name;
  });
  return line == maps.end() ? nullptr : &*line;
}

void ReadMemoryOf(pid_t pid, symbolize::Options& options) {
  const std::string path = "/proc/" + std::to_string(pid) + "/mem";
  const auto memory = std::make_shared<support::FileHandle>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory->valid()) return;
  options.read_memory = [memory](std::uint64_t address, void* bytes, std::size_t size) {
    return ::pread(memory->get(), bytes, size, static_cast<off_t>(address)) == static_cast<ssize_t>(size);
  };
}

}  // namespace

void AddLoadedFiles(const profile::Profile& profile, const std::vector<log::LogModule>& modules, pid_t running_pid,
                    std::int64_t recorded_since_ns, symbolize::Options& options) {
  std::vector<procfs::MemoryMapping> maps;
  if (running_pid != 0) {
    if (auto read = procfs::ReadMemoryMaps(running_pid)) maps = std::move(read).value();
    ReadMemoryOf(running_pid, options);
  }
  for (const profile::Mapping& mapping : profile.mappings) {
    symbolize::LoadedFile& loaded = options.loaded.emplace_back();
    loaded.file = mapping.file;
    loaded.start = mapping.start;
    loaded.unchanged_since_ns = recorded_since_ns;
    const auto module = std::find_if(modules.begin(), modules.end(), [&](const log::LogModule& candidate) {
      return candidate.start == mapping.start && candidate.path == mapping.file &&
             candidate.build_id == mapping.build_id;
    });
    if (module != modules.end()) loaded.bias = module->bias;
    const bool is_main = module != modules.end() && module->is_main;
    // Of what has been unloaded there is no line: other memory is there.
    if (const procfs::MemoryMapping* line = LineOf(maps, mapping))
      loaded.open_as = OpenableName(running_pid, *line, is_main);
  }
}

}  // namespace mqtrack::snapshot
