#include "libtrack/symbolize/elf_file.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "libtrack/support/byte_text.h"

namespace mqtrack::symbolize {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// The smallest page any supported kernel maps with; segments of files made for larger pages are aligned to it too.
constexpr std::uint64_t kPage = 4096;

std::uint64_t PageFloor(std::uint64_t value) { return value & ~(kPage - 1); }
std::uint64_t PageCeiling(std::uint64_t value) { return PageFloor(value + kPage - 1); }
std::uint64_t Distance(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; }

}  // namespace

Result<ElfFile> ElfFile::Open(const std::string& path) {
  elf_version(EV_CURRENT);
  ElfFile result;
  result.path_ = path;
  // O_NONBLOCK: a path from a profile may name a pipe or a device, which must not make us wait.
  result.file_ = support::FileHandle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!result.file_.valid()) {
    const ErrorCode code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::kNotFound : ErrorCode::kSystem;
    return Error{code, std::string("cannot open: ") + std::strerror(errno), path};
  }
  struct stat info {};
  if (::fstat(result.file_.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return Error{ErrorCode::kBadInput, "not a regular file", path};
  }
  result.elf_.reset(elf_begin(result.file_.get(), ELF_C_READ_MMAP, nullptr));
  if (Status status = result.ReadHeaders(); !status) return status.error();
  return result;
}

Result<ElfFile> ElfFile::FromBytes(std::string bytes, const std::string& where) {
  elf_version(EV_CURRENT);
  ElfFile result;
  result.path_ = where;
  result.bytes_ = std::make_unique<std::string>(std::move(bytes));
  result.elf_.reset(elf_memory(result.bytes_->data(), result.bytes_->size()));
  if (Status status = result.ReadHeaders(); !status) return status.error();
  return result;
}

Status ElfFile::ReadHeaders() {
  GElf_Ehdr header;
  if (!elf_ || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header) == nullptr) {
    return Error{ErrorCode::kBadInput, "not an ELF file, or a damaged one", path_};
  }
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) {
    return Error{ErrorCode::kBadInput, "neither an executable nor a shared library", path_};
  }
  machine_ = header.e_machine;
  big_endian_ = header.e_ident[EI_DATA] == ELFDATA2MSB;
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD) continue;
    segments_.push_back(
        {segment.p_offset, segment.p_vaddr, segment.p_filesz, segment.p_memsz, (segment.p_flags & PF_X) != 0});
  }
  const void* id = nullptr;
  const ssize_t id_bytes = dwelf_elf_gnu_build_id(elf_.get(), &id);
  if (id_bytes > 0) build_id_ = support::EncodeHex({static_cast<const char*>(id), static_cast<std::size_t>(id_bytes)});
  return {};
}

std::optional<std::uint64_t> ElfFile::BuildIdAddress() const {
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_NOTE) continue;
    Elf_Data* notes = elf_getdata_rawchunk(elf_.get(), static_cast<std::int64_t>(segment.p_offset), segment.p_filesz,
                                           segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (notes == nullptr) continue;
    GElf_Nhdr note;
    std::size_t name = 0, content = 0;
    for (std::size_t at = 0; (at = gelf_getnote(notes, at, &note, &name, &content)) > 0;) {
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
          std::memcmp(static_cast<const char*>(notes->d_buf) + name, "GNU", 4) == 0) {
        return segment.p_vaddr + content;
      }
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ElfFile::OffsetAt(std::uint64_t start, std::uint64_t bias) const {
  for (const Segment& s : segments_) {
    if (PageFloor(s.vaddr) + bias == start) return PageFloor(s.offset);
  }
  return std::nullopt;
}

Elf_Data* ElfFile::SectionData(std::string_view name, GElf_Shdr* header) const {
  std::size_t names = 0;
  if (elf_getshdrstrndx(elf_.get(), &names) != 0) return nullptr;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_.get(), section)) != nullptr;) {
    GElf_Shdr found;
    if (gelf_getshdr(section, &found) == nullptr) continue;
    const char* found_name = elf_strptr(elf_.get(), names, found.sh_name);
    if (found_name == nullptr || name != found_name) continue;
    if (header != nullptr) *header = found;
    return found.sh_type == SHT_NOBITS ? nullptr : elf_getdata(section, nullptr);
  }
  return nullptr;
}

bool ElfFile::HasSection(std::string_view name) const { return SectionData(name) != nullptr; }

bool ElfFile::HasCodeAt(std::uint64_t vaddr) const {
  return std::any_of(segments_.begin(), segments_.end(), [vaddr](const Segment& s) {
    return s.executable && vaddr >= s.vaddr && vaddr - s.vaddr < s.memory_bytes;
  });
}

std::optional<std::uint64_t> ElfFile::LoadBias(const profile::Mapping& mapping,
                                               const std::vector<std::uint64_t>& addresses) const {
  // A mapping without a place means that addresses are the file's own.
  if (mapping.start == 0) return 0;
  std::uint64_t file_end = 0;
  for (const Segment& s : segments_) file_end = std::max(file_end, s.vaddr + s.memory_bytes);
  struct Candidate {
    std::size_t code;      // addresses that fall into code
    std::uint64_t misfit;  // bytes by which the mapping's size differs from that of the segment, or of the whole file
    std::uint64_t bias;
  };
  std::optional<Candidate> best;
  for (const Segment& s : segments_) {
    const std::uint64_t first = PageFloor(s.offset);
    const std::uint64_t offset = PageFloor(mapping.offset);
    if (offset < first || offset >= std::max(PageCeiling(s.offset + s.file_bytes), first + 1)) continue;
    const std::uint64_t vaddr = PageFloor(s.vaddr) + (mapping.offset - first);
    Candidate candidate{0, 0, mapping.start - vaddr};
    const std::uint64_t size = mapping.limit - mapping.start;
    candidate.misfit = std::min(Distance(size, PageCeiling(s.vaddr + s.memory_bytes) - vaddr),
                                Distance(size, PageCeiling(file_end) - vaddr));
    for (const std::uint64_t address : addresses) candidate.code += HasCodeAt(address - candidate.bias) ? 1 : 0;
    const auto rank = [](const Candidate& c) { return std::tuple(~c.code, c.misfit); };
    if (!best || rank(candidate) < rank(*best)) best = candidate;
  }
  if (!best) return std::nullopt;
  return best->bias;
}

}  // namespace mqtrack::symbolize
