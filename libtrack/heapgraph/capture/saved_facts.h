// What a capture that mqtrack has saved says of itself, in a note of its core file that others pass by: what the
// kernel tells of a process and a core file has no place for. Lines of words, as in /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/heapgraph/capture/page_map.h"
#include "libtrack/procfs/memory_maps.h"
#include "libtrack/support/result.h"

namespace mqtrack::heapgraph {

struct SavedFacts {
  std::string process;  // "mosquitto (pid 4711)"
  std::int64_t stood_still_nanos = 0;
  bool cloned = true;
  std::string why_not_cloned;
  std::uint64_t not_copied = 0, log_inode = 0;
  std::vector<std::uint64_t> kernel_words;
  std::vector<std::pair<pid_t, std::string>> thread_names;
  std::vector<procfs::MemoryMapping> mappings;
  std::vector<AddressRange> shown;    // what Visit shows, by address
  std::vector<AddressRange> missing;  // that could not be read
};

[[nodiscard]] std::string EncodeSavedFacts(const SavedFacts& facts);
/// Nothing of `text` is trusted. An error if it is damaged, or of a version that is not known.
[[nodiscard]] support::Result<SavedFacts> DecodeSavedFacts(std::string_view text, const std::string& where);

}  // namespace mqtrack::heapgraph
