#include "libtrack/corefile/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "libtrack/procfs/elf_facts.h"
#include "libtrack/support/units.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::corefile {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;
using support::Result;
using support::Status;

// Of all notes together: 100,000 threads with all their registers. A file that claims more is not read.
constexpr std::uint64_t kMostNoteBytes = std::uint64_t{1} << 30;
// The low half of what system call filters call a processor is what ELF calls it (linux/audit.h).
constexpr std::uint32_t kOurMachine = threads::kAuditArchitecture & 0xffff;
constexpr int kOurOrder = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string Size(std::uint64_t bytes) { return support::FormatBytes(static_cast<std::int64_t>(bytes)); }

/// What packs files, by how such files begin.
struct Packer {
  std::string_view begins, name, unpack;
};
constexpr Packer kPackers[] = {{"\x28\xb5\x2f\xfd", "zstd", "zstd -d"},
                               {"\x04\x22\x4d\x18", "lz4", "lz4 -d"},
                               {"\xfd"
                                "7zXZ",
                                "xz", "xz -d"},
                               {"\x1f\x8b", "gzip", "gzip -d"}};

Error NotACore(std::string_view start, const std::string& path) {
  for (const Packer& packer : kPackers) {
    if (!start.starts_with(packer.begins)) continue;
    return {ErrorCode::kBadInput,
            "is compressed (" + std::string(packer.name) + "): unpack it first, with " + std::string(packer.unpack) +
                " (coredumpctl dump -o FILE does, if it is systemd's)",
            path};
  }
  return {ErrorCode::kBadInput, start.empty() ? "is empty, and no core file" : "is not a core file", path};
}

Result<FileHandle> OpenRegular(const std::string& path, std::uint64_t& bytes) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kSystem;
    return Error{code, std::string("cannot open the core file: ") + std::strerror(errno), path};
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return Error{ErrorCode::kBadInput, "is not a regular file, and no core file", path};
  bytes = static_cast<std::uint64_t>(info.st_size);
  return file;
}

}  // namespace

bool CoreFile::LooksLikeOne(const std::string& path) {
  std::uint64_t bytes = 0;
  const Result<FileHandle> file = OpenRegular(path, bytes);
  Elf64_Ehdr header{};
  // The type lies at the same place in files of both widths.
  constexpr std::size_t kEnough = offsetof(Elf64_Ehdr, e_machine);
  return file && ::pread(file->get(), &header, kEnough, 0) == static_cast<ssize_t>(kEnough) &&
         std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 && header.e_type == ET_CORE;
}

Result<CoreFile> CoreFile::Open(const std::string& path) {
  std::uint64_t bytes = 0;
  Result<FileHandle> file = OpenRegular(path, bytes);
  if (!file) return file.error();
  CoreFile core(std::move(*file), bytes, path);
  if (const Status read = core.ReadAll(); !read) return read.error();
  return core;
}

Error CoreFile::Damaged(const std::string& what) const {
  return {ErrorCode::kBadInput, "damaged core file: " + what, path_};
}

Error CoreFile::CutShort(std::uint64_t expected) const {
  return {ErrorCode::kCannotMeasure,
          "the core file is cut short: " + Size(bytes_) + " of " + Size(expected) +
              " are there, and what is missing may hold anything; write it again without a limit (ulimit -c unlimited) "
              "and with room on the disk",
          path_};
}

std::size_t CoreFile::ReadAt(std::uint64_t offset, void* into, std::size_t bytes) const {
  std::size_t read = 0;
  while (read < bytes) {
    const ssize_t got =
        ::pread(file_.get(), static_cast<std::byte*>(into) + read, bytes - read, static_cast<off_t>(offset + read));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    read += static_cast<std::size_t>(got);
  }
  return read;
}

Status CoreFile::ReadAll() {
  Elf64_Ehdr header{};
  const std::size_t there = ReadAt(0, &header, sizeof header);
  if (there < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return NotACore({reinterpret_cast<const char*>(&header), there}, path_);
  if (there < sizeof header) return CutShort(sizeof header);
  if (header.e_type != ET_CORE) return Error{ErrorCode::kBadInput, "is a program or a library, not a core file", path_};
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kOurOrder ||
      header.e_machine != kOurMachine) {
    return Error{ErrorCode::kBadInput,
                 "is the core file of a process on another processor (" +
                     procfs::DescribeArchitecture(
                         {header.e_ident[EI_CLASS], header.e_ident[EI_DATA], header.e_machine, {}, {}}) +
                     "): look at it with an mqtrack for that processor",
                 path_};
  }
  std::uint64_t count = header.e_phnum;
  if (count == PN_XNUM) {  // then the first section says
    Elf64_Shdr section{};
    if (ReadAt(header.e_shoff, &section, sizeof section) != sizeof section) return CutShort(header.e_shoff);
    count = section.sh_info;
  }
  if (header.e_phentsize != sizeof(Elf64_Phdr) || count == 0)
    return Damaged("it has no segments of the usual kind, so it says nothing of any memory");
  const std::uint64_t bytes = count * sizeof(Elf64_Phdr);
  if (header.e_phoff > bytes_ || bytes > bytes_ - header.e_phoff) return CutShort(header.e_phoff + bytes);
  std::vector<std::byte> headers(bytes);
  if (ReadAt(header.e_phoff, headers.data(), bytes) != bytes) return CutShort(header.e_phoff + bytes);
  return ReadSegments(headers);
}

Status CoreFile::ReadSegments(const std::vector<std::byte>& headers) {
  std::uint64_t end = 0, note_bytes = 0;  // end: of what there must be
  for (std::size_t at = 0; at < headers.size(); at += sizeof(Elf64_Phdr)) {
    Elf64_Phdr part{};
    std::memcpy(&part, headers.data() + at, sizeof part);
    if (part.p_type != PT_LOAD && part.p_type != PT_NOTE) continue;
    if (part.p_filesz > ~part.p_offset) return Damaged("a segment ends beyond all files");
    if (part.p_filesz != 0) end = std::max(end, part.p_offset + part.p_filesz);
    if (part.p_type == PT_NOTE) {
      if (part.p_filesz > kMostNoteBytes - note_bytes)
        return Damaged("it has notes of " + Size(note_bytes + part.p_filesz));
      note_bytes += part.p_filesz;
    }
    if (part.p_type != PT_LOAD || part.p_memsz == 0) continue;
    if (part.p_memsz > kMostMappingBytes || part.p_memsz > ~part.p_vaddr || part.p_filesz > part.p_memsz)
      return Damaged("a segment of memory has an impossible size");
    segments_.push_back({part.p_vaddr, part.p_vaddr + part.p_memsz, part.p_offset, part.p_filesz,
                         (part.p_flags & PF_R) != 0, (part.p_flags & PF_W) != 0, (part.p_flags & PF_X) != 0});
  }
  if (end > bytes_) return CutShort(end);
  if (const Status read = ReadNoteSegments(headers); !read) return read;
  if (segments_.empty()) return Damaged("it has no memory");
  if (notes_.threads.empty()) return Damaged("it has no registers of any thread");
  return SortSegments();
}

Status CoreFile::ReadNoteSegments(const std::vector<std::byte>& headers) {
  for (std::size_t at = 0; at < headers.size(); at += sizeof(Elf64_Phdr)) {
    Elf64_Phdr part{};
    std::memcpy(&part, headers.data() + at, sizeof part);
    if (part.p_type != PT_NOTE) continue;
    if (const Status read = ReadNotesAt(part.p_offset, part.p_filesz); !read) return read;
  }
  return {};
}

Status CoreFile::SortSegments() {
  std::sort(segments_.begin(), segments_.end(), [](const Segment& a, const Segment& b) { return a.start < b.start; });
  for (std::size_t i = 1; i < segments_.size(); ++i) {
    if (segments_[i].start < segments_[i - 1].end) return Damaged("two segments are of the same memory");
  }
  return {};
}

Status CoreFile::ReadNotesAt(std::uint64_t offset, std::uint64_t bytes) {
  std::vector<std::byte> content(bytes);
  if (ReadAt(offset, content.data(), bytes) != bytes) return CutShort(offset + bytes);
  return ReadNotes(content, path_, notes_);
}

const Segment* CoreFile::Find(std::uint64_t address) const {
  const auto behind = std::upper_bound(segments_.begin(), segments_.end(), address,
                                       [](std::uint64_t at, const Segment& segment) { return at < segment.end; });
  return behind != segments_.end() && behind->start <= address ? &*behind : nullptr;
}

std::size_t CoreFile::Read(std::uint64_t address, void* into, std::size_t bytes) const {
  std::size_t read = 0;
  while (read < bytes) {
    const Segment* segment = Find(address + read);
    if (segment == nullptr || address + read >= segment->end_in_file()) break;
    const std::uint64_t inside = address + read - segment->start;
    const std::size_t wanted = std::min<std::uint64_t>(bytes - read, segment->file_bytes - inside);
    const std::size_t got = ReadAt(segment->file_offset + inside, static_cast<std::byte*>(into) + read, wanted);
    read += got;
    if (got != wanted) break;
  }
  return read;
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> CoreFile::Written(const Segment& segment, std::uint64_t start,
                                                                       std::uint64_t end) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
  end = std::min(end, segment.end_in_file());
  const std::uint64_t shift = segment.start - segment.file_offset;  // from a place in the file to an address
  while (start < end) {
    const off_t data = ::lseek(file_.get(), static_cast<off_t>(start - shift), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // only a hole is left
    const off_t hole = data < 0 ? data : ::lseek(file_.get(), data, SEEK_HOLE);
    if (hole < 0) return {{start, end}};  // nobody tells
    const std::uint64_t from = std::max(start, static_cast<std::uint64_t>(data) + shift);
    const std::uint64_t to = std::min(end, static_cast<std::uint64_t>(hole) + shift);
    if (from >= end) break;
    parts.emplace_back(from, to);
    start = to;
  }
  return parts;
}

}  // namespace mqtrack::corefile
