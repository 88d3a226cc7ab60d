// One ELF file on disk, opened for reading: identity, segments, and the way from a recorded address to its own.
#pragma once

#include <elfutils/libdw.h>
#include <gelf.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::symbolize {

/// A PT_LOAD segment.
struct Segment {
  std::uint64_t offset, vaddr, file_bytes, memory_bytes;
  bool executable;
};

/// Owns the file and libelf's handle. An executable or shared library, or a separate debug file of one. Movable.
class ElfFile {
 public:
  /// Anything that is not a regular file holding an ELF executable or library is an error that says what it is.
  [[nodiscard]] static support::Result<ElfFile> Open(const std::string& path);
  /// The same on bytes in memory, for tests and the fuzzer.
  [[nodiscard]] static support::Result<ElfFile> FromBytes(std::string bytes, const std::string& where);

  [[nodiscard]] Elf* elf() const { return elf_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  /// Lower-case hex; empty if the file has none.
  [[nodiscard]] const std::string& build_id() const { return build_id_; }
  /// Its virtual address in the loaded file; nothing if it is not loaded.
  [[nodiscard]] std::optional<std::uint64_t> BuildIdAddress() const;
  /// The file offset of the page that is loaded at `start` under `bias`; nothing if no segment begins there.
  [[nodiscard]] std::optional<std::uint64_t> OffsetAt(std::uint64_t start, std::uint64_t bias) const;
  [[nodiscard]] int machine() const { return machine_; }
  [[nodiscard]] bool is_big_endian() const { return big_endian_; }
  [[nodiscard]] bool HasSection(std::string_view name) const;
  /// Content of a section, or null. `header` may be null.
  [[nodiscard]] Elf_Data* SectionData(std::string_view name, GElf_Shdr* header = nullptr) const;
  /// True if `vaddr` lies in an executable segment.
  [[nodiscard]] bool HasCodeAt(std::uint64_t vaddr) const;
  /// What to subtract from an address recorded in `mapping` to get an ELF virtual address. pprof's Mapping::offset is a
  /// file offset, so the segment that was mapped from there decides. `addresses` settle which one where a file page
  /// belongs to two. Nothing if no segment holds that offset.
  [[nodiscard]] std::optional<std::uint64_t> LoadBias(const profile::Mapping& mapping,
                                                      const std::vector<std::uint64_t>& addresses) const;

 private:
  struct EndElf {
    void operator()(Elf* elf) const { elf_end(elf); }
  };
  ElfFile() = default;
  [[nodiscard]] support::Status ReadHeaders();

  // In this order: libelf's handle goes before what it reads from.
  std::string path_;
  std::unique_ptr<std::string> bytes_;
  support::FileHandle file_;
  std::unique_ptr<Elf, EndElf> elf_;
  std::string build_id_;
  std::vector<Segment> segments_;
  int machine_ = 0;
  bool big_endian_ = false;
};

}  // namespace mqtrack::symbolize
