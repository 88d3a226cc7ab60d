// ELF and DWARF readers on foreign bytes: headers, symbol tables, unwind entries, debug information.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/module_resolver.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mqtrack::symbolize::ElfFile;
  const auto file = ElfFile::FromBytes(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file.ok()) return 0;
  mqtrack::profile::Profile profile;
  mqtrack::symbolize::FunctionTable functions(profile);
  mqtrack::symbolize::ModuleResolver resolver("fuzz", *file, nullptr, nullptr, functions);
  std::vector<std::uint64_t> addresses;
  for (std::uint64_t address = 0; address < 0x6000; address += 13) addresses.push_back(address);
  for (const auto& resolved : resolver.Resolve(addresses)) {
    if (resolved.lines.empty()) __builtin_trap();
  }
  return 0;
}
