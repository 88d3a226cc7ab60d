// The reader of types on foreign debug information: objects, variables, members, pointers. types_corpus.sh writes the
// corpus.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "in_place.h"
#include "libtrack/symbolize/module_types.h"

namespace {

using mqtrack::symbolize::ModuleTypes;
using mqtrack::symbolize::TypeNumber;

constexpr std::size_t kMostTypes = 64;

/// Follows pointers from type to type.
void Follow(ModuleTypes& types, std::vector<TypeNumber> next) {
  for (std::size_t i = 0; i < next.size() && i < kMostTypes; ++i) {
    const TypeNumber type = next[i];
    if (type == TypeNumber::kNone) continue;
    const std::string name = types.Name(type);
    const std::uint64_t bytes = types.Bytes(type);
    for (const auto& member : types.Pointers(type)) {
      if (next.size() < kMostTypes) next.push_back(member.target);
    }
    for (std::uint64_t offset = 0; offset < 256; offset += 8) (void)types.Member(type, 256, offset);
    (void)types.Member(type, bytes * 3, bytes);
    if (name.size() > 1 << 20) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mqtrack::symbolize::ElfFile;
  auto file = ElfFile::FromBytes(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!file.ok()) return 0;
  mqtrack::symbolize::ModuleFiles files;
  files.code = std::move(*file);
  ModuleTypes types(std::move(files));
  if (!types.ok()) return 0;
  std::vector<TypeNumber> found;
  for (std::uint64_t address = 0; address < 0x6000; address += 8) {
    const auto* variable = types.FindVariable(address);
    if (variable == nullptr) continue;
    if (address < variable->start || address - variable->start >= variable->bytes) std::abort();
    found.push_back(variable->type);
  }
  for (const char* name : {"Message", "broker::Session", "broker::Base", "Table"}) found.push_back(types.Named(name));
  Follow(types, std::move(found));
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mqtrack::fuzz::MutateMostlyInPlace(data, size, max_size, seed);
}
