// Any bytes as the memory of a loaded file: its dynamic section, hash tables, symbols, strings and relocations. The
// input's last eight bytes say where the dynamic section is, and how long. module_corpus.cc writes the corpus.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "in_place.h"
#include "preload/attach/loaded_module.h"
#include "preload/attach/relocations.h"
#include "tests/support/module_image.h"

namespace {

using mqtrack::redirection::LoadedModule;

/// Follows every relocation as the redirection does; returns how many name something.
std::size_t Follow(const LoadedModule& module, const LoadedModule::Relocations& table) {
  std::size_t named = 0;
  for (std::size_t i = 0; i < table.count; ++i) {
    const ElfW(Sym)* symbol = module.Symbol(mqtrack::redirection::SymbolOf(table.first[i]));
    std::size_t bytes = 0;
    const char* name = symbol != nullptr ? module.Name(*symbol, bytes) : nullptr;
    if (name != nullptr && std::strlen(name) != bytes) std::abort();
    const std::uintptr_t slot = module.bias() + table.first[i].r_offset;
    if (!module.IsWritableData(slot)) continue;
    if (!module.Contains(slot)) std::abort();
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const void*>(slot), sizeof value);
    named += name != nullptr && value != 1;
  }
  return named;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  struct Where {
    std::uint32_t at, bytes;
  } dynamic{};
  if (size < sizeof dynamic + 64) return 0;
  size -= sizeof dynamic;
  std::memcpy(&dynamic, data + size, sizeof dynamic);
  const std::unique_ptr<std::uint8_t[]> memory(new std::uint8_t[size]);
  std::memcpy(memory.get(), data, size);
  const mqtrack::testing::ModuleSegments segments(memory.get(), size, 64, dynamic.at, dynamic.bytes);
  const LoadedModule module(segments.info);
  if (!module.usable()) return 0;
  volatile std::size_t named = Follow(module, module.of_data()) + Follow(module, module.of_calls());
  (void)named;
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  return mqtrack::fuzz::MutateMostlyInPlace(data, size, max_size, seed);
}
