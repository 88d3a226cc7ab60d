// C++ objects that say themselves of what type they are: those with virtual functions, whose first word leads to a
// table that has the type's name, be the program stripped or not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/heapgraph/block_index.h"
#include "libtrack/heapgraph/capture/heap_capture.h"
#include "libtrack/heapgraph/capture/memory_source.h"
#include "libtrack/heapgraph/data_names.h"

namespace mqtrack::heapgraph {

/// Not thread-safe. Each table is read once. Borrows all.
class ObjectTypes {
 public:
  ObjectTypes(const HeapCapture& capture, const MemorySource& memory, DataNames& names)
      : capture_(capture), memory_(memory), names_(names) {}
  /// The readable name of the type of the object at `address`, and in whose module its functions are; empty if it is
  /// none of these. Lives as long as this object.
  [[nodiscard]] const std::string& TypeAt(std::uint64_t address, std::uint32_t& module);

 private:
  struct Table {
    std::string type;
    std::uint32_t module;
  };
  [[nodiscard]] Table ReadTable(std::uint64_t functions) const;
  [[nodiscard]] std::uint32_t ModuleAt(std::uint64_t address) const;
  [[nodiscard]] bool ReadWord(std::uint64_t address, std::uint64_t& word) const;

  const HeapCapture& capture_;
  const MemorySource& memory_;
  DataNames& names_;
  std::unordered_map<std::uint64_t, Table> tables_;  // by the address of their functions
};

/// The blocks that begin with an object of such a type, by its name.
[[nodiscard]] std::map<std::string, std::vector<BlockId>> FindObjects(const HeapCapture& capture,
                                                                      const MemorySource& memory, DataNames& names);

}  // namespace mqtrack::heapgraph
