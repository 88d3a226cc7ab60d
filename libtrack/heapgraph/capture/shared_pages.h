// Which pages of a mapping that is shared have memory. A copy of a process has no page tables of such mappings, and to
// read a page that is not there makes one: the memory would be the service's, for good.
#pragma once

#include <sys/types.h>

#include <vector>

#include "libtrack/heapgraph/capture/page_map.h"
#include "libtrack/procfs/memory_maps.h"

namespace mqtrack::heapgraph {

class SharedPages {
 public:
  /// `copy`: whose mappings are looked at; `service`: the process that the copy is of, or the same.
  SharedPages(pid_t copy, pid_t service) : copy_(copy), service_(service), touched_(service) {}
  /// The parts of `range` that there are, in order, as far as they lie in `mapping`. Of memory all that any process has
  /// written, if that can be asked (root); of files on disks, or else, those that the service has touched itself.
  [[nodiscard]] std::vector<AddressRange> Present(const procfs::MemoryMapping& mapping, AddressRange range) const;

 private:
  pid_t copy_, service_;
  PageMap touched_;
};

}  // namespace mqtrack::heapgraph
