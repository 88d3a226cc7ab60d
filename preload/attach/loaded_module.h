// A file that the dynamic loader has mapped, as far as redirecting its calls needs to know it. What stands in its
// dynamic section is not believed: every table must lie inside the module's own segments.
#pragma once

#include <link.h>

#include <cstddef>
#include <cstdint>

namespace mqtrack::redirection {

/// Bounds-checked views of one module's tables. Valid while the loader's lock is held (inside dl_iterate_phdr).
class LoadedModule {
 public:
  explicit LoadedModule(const dl_phdr_info& info);

  /// False: it has no dynamic section, or one that makes no sense; nothing of it is touched.
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] std::uintptr_t bias() const { return bias_; }
  /// The range that holds all its segments.
  [[nodiscard]] std::uintptr_t start() const { return start_; }
  [[nodiscard]] std::uintptr_t end() const { return end_; }
  [[nodiscard]] bool Contains(std::uintptr_t address) const { return address >= start_ && address < end_; }
  /// True if the program may run code at `address`.
  [[nodiscard]] bool IsCode(std::uintptr_t address) const;
  /// True if the eight bytes at `address` are data of the module that relocations may change.
  [[nodiscard]] bool IsWritableData(std::uintptr_t address) const;
  /// True if the loader protects the word at `address` once it has relocated the module (RELRO).
  [[nodiscard]] bool IsProtectedOnceRelocated(std::uintptr_t address) const;

  /// The dynamic symbol `index`; null if it is out of bounds.
  [[nodiscard]] const ElfW(Sym) * Symbol(std::size_t index) const;
  /// Its name, terminated inside the string table; null if not. `bytes` gets the length.
  [[nodiscard]] const char* Name(const ElfW(Sym) & symbol, std::size_t& bytes) const;
  /// How many dynamic symbols there are, as far as the hash tables tell.
  [[nodiscard]] std::size_t symbol_count() const { return symbol_count_; }

  struct Relocations {
    const ElfW(Rela) * first = nullptr;
    std::size_t count = 0;
  };
  [[nodiscard]] const Relocations& of_data() const { return data_; }
  [[nodiscard]] const Relocations& of_calls() const { return calls_; }

 private:
  void ReadDynamic(const ElfW(Dyn) * dynamic, std::size_t entries);
  [[nodiscard]] std::uintptr_t Address(std::uintptr_t value) const;
  [[nodiscard]] bool Holds(std::uintptr_t address, std::size_t bytes) const;
  [[nodiscard]] std::size_t RoomAt(std::uintptr_t address) const;
  [[nodiscard]] std::size_t CountGnuHash(std::uintptr_t table) const;
  [[nodiscard]] Relocations Checked(std::uintptr_t address, std::size_t bytes) const;

  const ElfW(Phdr) * segments_ = nullptr;
  std::size_t segment_count_ = 0;
  std::uintptr_t bias_ = 0, start_ = 0, end_ = 0;
  std::uintptr_t symbols_ = 0, strings_ = 0;
  std::size_t string_bytes_ = 0, symbol_count_ = 0;
  Relocations data_, calls_;
  bool usable_ = false;
};

}  // namespace mqtrack::redirection
