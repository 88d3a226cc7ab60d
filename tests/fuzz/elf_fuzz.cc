// ELF and DWARF readers on foreign bytes: headers, symbol tables, unwind entries, debug information. elf_corpus.sh
// writes the corpus.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "in_place.h"
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
  for (std::uint64_t address = 0; address < 0x800; address += 13) addresses.push_back(address);  // the corpus' code
  for (std::uint64_t address = 0x800; address < 0x6000; address += 0x101) addresses.push_back(address);
  for (const auto& resolved : resolver.Resolve(addresses)) {
    if (resolved.lines.empty()) __builtin_trap();
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mqtrack::fuzz::MutateMostlyInPlace(data, size, max_size, seed);
}
