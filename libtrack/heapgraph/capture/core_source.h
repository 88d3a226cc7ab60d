// The memory of a process as a core file has it; and what stands in the process's files as it is, which core files
// leave out, from these files.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libtrack/corefile/core_file.h"
#include "libtrack/heapgraph/capture/memory_source.h"

namespace mqtrack::heapgraph {

class CoreSource final : public MemorySource {
 public:
  /// `mappings`: of the process; `shown`: what Visit shows; `missing`: what was in memory and is not in the core file.
  /// All by address; the core and the mappings are referred to.
  CoreSource(const corefile::CoreFile& core, const std::vector<procfs::MemoryMapping>& mappings,
             std::vector<AddressRange> shown, std::vector<AddressRange> missing);
  [[nodiscard]] std::size_t Read(std::uint64_t address, void* into, std::size_t bytes) const override;
  bool Visit(AddressRange range, const Visitor& visitor) const override;

 private:
  /// A mapped file of this machine, opened if it is the one that the process had.
  [[nodiscard]] int FileOf(const corefile::MappedPart& part) const;
  [[nodiscard]] std::size_t ReadFromFile(std::uint64_t address, void* into, std::size_t bytes) const;
  [[nodiscard]] bool IsMapped(AddressRange range) const;

  const corefile::CoreFile& core_;
  const std::vector<procfs::MemoryMapping>& mappings_;
  std::vector<AddressRange> shown_, missing_;
  mutable std::map<std::string, support::FileHandle> files_;  // invalid: none, or another one
  mutable std::vector<std::uint64_t> buffer_;
};

}  // namespace mqtrack::heapgraph
