// A file mapped into another process, and its dynamic symbols, read from that process's memory: this works whatever
// file system the process lives in, and when the file has been replaced since. What is read is not trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/attach/remote/remote_memory.h"

namespace mqtrack::attach {

struct RemoteSymbol {
  std::string name;
  std::uint64_t address = 0, bytes = 0;
};

struct RemoteModule {
  std::string path;
  std::uint64_t start = 0, end = 0;            // of all its mappings
  std::uint64_t code_start = 0, code_end = 0;  // of the executable ones
  std::vector<RemoteSymbol> symbols;           // functions and variables that it defines

  [[nodiscard]] bool HasCode(std::uint64_t address) const { return address >= code_start && address < code_end; }
  /// Address of a symbol; 0 if there is none.
  [[nodiscard]] std::uint64_t Find(std::string_view name) const;
};

/// Every file with code that is mapped there, without symbols, in order of address.
[[nodiscard]] std::vector<RemoteModule> FindModules(const std::vector<Mapping>& mappings);

/// Fills `symbols`. Leaves it empty if the module's tables make no sense.
void ReadSymbols(const RemoteMemory& memory, RemoteModule& module);

}  // namespace mqtrack::attach
