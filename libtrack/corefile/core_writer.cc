#include "libtrack/corefile/core_writer.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "libtrack/support/write_failure.h"
#include "libtrack/threads/cpu_registers.h"

namespace mqtrack::corefile {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;
using support::Result;
using support::Status;

// A gap in a mapping that is at least so long is a segment without bytes; a shorter one is a hole in the file.
constexpr std::uint64_t kLongGap = 1 << 20;

Error SystemError(const std::string& path, const char* doing) {
  return {ErrorCode::kSystem, std::string("cannot ") + doing + " the core file: " + support::WhyNotWritten(errno),
          path};
}

Error AlreadyThere(const std::string& path) {
  return {ErrorCode::kBadInput, "exists already, and a core file is never written over anything: choose another name",
          path};
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

CoreWriter::CoreWriter(FileHandle file, std::string path, bool has_name)
    : file_(std::move(file)),
      path_(std::move(path)),
      has_name_(has_name),
      at_(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))),
      page_bytes_(at_) {}

CoreWriter::~CoreWriter() {
  if (has_name_ && file_.valid()) ::unlink(path_.c_str());
}

Result<CoreWriter> CoreWriter::Create(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) return AlreadyThere(path);
  FileHandle unnamed(::open(FolderOf(path).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (unnamed.valid()) return CoreWriter(std::move(unnamed), path, false);
  FileHandle named(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (named.valid()) return CoreWriter(std::move(named), path, true);
  return errno == EEXIST ? AlreadyThere(path) : SystemError(path, "create");
}

Status CoreWriter::WriteAt(std::uint64_t offset, const void* bytes, std::size_t count) const {
  for (std::size_t written = 0; written < count;) {
    const ssize_t n = ::pwrite(file_.get(), static_cast<const std::byte*>(bytes) + written, count - written,
                               static_cast<off_t>(offset + written));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return SystemError(path_, "write");
    written += static_cast<std::size_t>(n);
  }
  return {};
}

void CoreWriter::Begin(std::uint64_t start, std::uint64_t end, std::uint32_t protection) {
  CloseMapping();
  mapping_ = {};
  mapping_.start = start;
  mapping_.end = end;
  mapping_.file_offset = at_;
  protection_ = protection;
}

Status CoreWriter::Add(std::uint64_t address, std::span<const std::byte> bytes) {
  const std::uint64_t there = mapping_.end_in_file();
  if (address - there >= kLongGap) {
    // What was added so far, and the gap; both end at a page.
    const std::uint64_t restart = address - address % page_bytes_, end = mapping_.end;
    mapping_.end = restart;
    Begin(restart, end, protection_);
  }
  const std::uint64_t inside = address - mapping_.start;
  const Status written = WriteAt(mapping_.file_offset + inside, bytes.data(), bytes.size());
  if (!written) return written;
  mapping_.file_bytes = inside + bytes.size();
  at_ = mapping_.file_offset + mapping_.file_bytes;
  return {};
}

void CoreWriter::CloseMapping() {
  if (mapping_.start >= mapping_.end) return;
  at_ = (at_ + page_bytes_ - 1) / page_bytes_ * page_bytes_;
  const std::uint64_t whole_pages = (mapping_.file_bytes + page_bytes_ - 1) / page_bytes_ * page_bytes_;
  mapping_.file_bytes = std::min(whole_pages, mapping_.bytes());
  Segment gap = mapping_;
  if (mapping_.file_bytes != 0) {
    mapping_.end = mapping_.end_in_file();
    parts_.push_back({mapping_, protection_});
  }
  gap.start = gap.end_in_file();
  gap.file_offset = at_;
  gap.file_bytes = 0;
  if (gap.start < gap.end) parts_.push_back({gap, protection_});
}

Status CoreWriter::Finish(const CoreNotes& notes) {
  CloseMapping();
  const std::vector<std::byte> note_bytes = EncodeNotes(notes);
  std::vector<Elf64_Phdr> parts(1);
  parts[0].p_type = PT_NOTE;
  parts[0].p_offset = at_;
  parts[0].p_filesz = note_bytes.size();
  parts[0].p_align = 4;
  for (const Part& part : parts_) {
    Elf64_Phdr& load = parts.emplace_back();
    load.p_type = PT_LOAD;
    load.p_flags = part.protection;
    load.p_offset = part.segment.file_offset;
    load.p_vaddr = part.segment.start;
    load.p_filesz = part.segment.file_bytes;
    load.p_memsz = part.segment.bytes();
    load.p_align = page_bytes_;
  }
  if (const Status written = WriteAt(at_, note_bytes.data(), note_bytes.size()); !written) return written;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_CORE;
  header.e_machine = threads::kAuditArchitecture & 0xffff;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phoff = (at_ + note_bytes.size() + 7) / 8 * 8;
  header.e_phnum = static_cast<Elf64_Half>(std::min<std::size_t>(parts.size(), PN_XNUM));
  at_ = header.e_phoff + parts.size() * sizeof(Elf64_Phdr);
  if (const Status written = WriteAt(header.e_phoff, parts.data(), parts.size() * sizeof(Elf64_Phdr)); !written)
    return written;
  if (header.e_phnum == PN_XNUM) {
    Elf64_Shdr section{};
    section.sh_info = static_cast<Elf64_Word>(parts.size());
    header.e_shoff = at_;
    header.e_shentsize = sizeof section;
    header.e_shnum = 1;
    at_ += sizeof section;
    if (const Status written = WriteAt(header.e_shoff, &section, sizeof section); !written) return written;
  }
  if (const Status written = WriteAt(0, &header, sizeof header); !written) return written;
  const std::string unnamed = "/proc/self/fd/" + std::to_string(file_.get());
  if (!has_name_ && ::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) != 0)
    return errno == EEXIST ? AlreadyThere(path_) : SystemError(path_, "name");
  has_name_ = false;
  return {};
}

}  // namespace mqtrack::corefile
