#include "libtrack/threads/module_memory.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "libtrack/support/byte_text.h"

namespace mqtrack::threads {
namespace {

constexpr std::size_t kMostHeaders = 64;  // program headers of one file; linkers make about a dozen
constexpr std::uint64_t kMostNoteBytes = 4096;
// The only encoding of .eh_frame_hdr's table that linkers write: pairs of 32-bit offsets from its start (DWARF's
// DW_EH_PE_datarel | DW_EH_PE_sdata4), its count as DW_EH_PE_udata4.
constexpr std::uint8_t kTableEncoding = 0x3b, kCountEncoding = 0x03;
constexpr std::uint64_t kTableOffset = 12;

std::uint64_t PageStart(std::uint64_t address) { return address & ~std::uint64_t{4095}; }

std::string Hex(const std::vector<std::uint8_t>& bytes) {
  return support::EncodeHex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

ModuleMemory::ModuleMemory(pid_t pid, std::vector<procfs::MemoryMapping> maps) : pid_(pid), maps_(std::move(maps)) {
  FindModules();
}

void ModuleMemory::FindModules() {
  for (const procfs::MemoryMapping& mapping : maps_) {
    if (!modules_.empty() && mapping.start < modules_.back().end) continue;  // a further segment of the last one
    if (mapping.offset != 0 || mapping.path.empty() || !mapping.readable) continue;
    LoadedModule module;
    module.start = mapping.start;
    module.end = mapping.end;
    module.path = mapping.path;
    if (ReadHeaders(module)) modules_.push_back(std::move(module));
  }
}

bool ModuleMemory::ReadHeaders(LoadedModule& module) {
  Elf64_Ehdr header{};
  if (!Read(module.start, &header, sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr)) {
    return false;
  }
  std::vector<Elf64_Phdr> segments(std::min<std::size_t>(header.e_phnum, kMostHeaders));
  if (!Read(module.start + header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr))) return false;
  std::uint64_t lowest = UINT64_MAX, highest = 0;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type != PT_LOAD) continue;
    lowest = std::min(lowest, PageStart(segment.p_vaddr));
    highest = std::max(highest, segment.p_vaddr + segment.p_memsz);
  }
  if (lowest >= highest) return false;
  const std::uint64_t bias = module.start - lowest;
  module.end = std::max(module.end, PageStart(bias + highest + kPageBytes - 1));
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_GNU_EH_FRAME) module.unwind_index = bias + segment.p_vaddr;
    if (segment.p_type == PT_NOTE) ReadBuildId(module, bias + segment.p_vaddr, segment.p_memsz);
  }
  ReadUnwindIndex(module);
  return true;
}

void ModuleMemory::ReadUnwindIndex(LoadedModule& module) {
  // Version, three encodings, the address of .eh_frame in four bytes, and the count: LSB 5.0, .eh_frame_hdr.
  std::uint8_t head[4] = {};
  std::uint32_t count = 0;
  const bool known = module.unwind_index != 0 && Read(module.unwind_index, head, sizeof head) && head[0] == 1 &&
                     head[2] == kCountEncoding && head[3] == kTableEncoding &&
                     Read(module.unwind_index + 8, &count, sizeof count);
  if (!known) return;
  module.unwind_table = module.unwind_index + kTableOffset;
  module.unwind_entries = count;
}

void ModuleMemory::ReadBuildId(LoadedModule& module, std::uint64_t address, std::uint64_t size) {
  std::vector<std::uint8_t> notes(std::min(size, kMostNoteBytes));
  if (notes.empty() || !Read(address, notes.data(), notes.size())) return;
  const auto padded = [](std::uint64_t bytes) { return (bytes + 3) & ~std::uint64_t{3}; };
  for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
    Elf64_Nhdr note{};
    std::memcpy(&note, notes.data() + at, sizeof note);
    const std::uint64_t content = at + sizeof note + padded(note.n_namesz);
    const std::uint64_t end = content + padded(note.n_descsz);
    if (end > notes.size()) return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes.data() + at + sizeof note, "GNU", 4) == 0) {
      module.build_id = Hex({notes.begin() + static_cast<std::ptrdiff_t>(content),
                             notes.begin() + static_cast<std::ptrdiff_t>(content + note.n_descsz)});
      return;
    }
    at = end;
  }
}

bool ModuleMemory::Read(std::uint64_t address, void* into, std::size_t size) {
  auto* out = static_cast<std::byte*>(into);
  while (size > 0) {
    const std::uint64_t start = PageStart(address);
    const Page& page = PageAt(start);
    if (!page.readable) return false;
    const std::size_t part = std::min<std::size_t>(size, kPageBytes - (address - start));
    std::memcpy(out, page.bytes.data() + (address - start), part);
    out += part;
    address += part;
    size -= part;
  }
  return true;
}

const ModuleMemory::Page& ModuleMemory::PageAt(std::uint64_t start) {
  const auto [at, added] = pages_.try_emplace(start);
  Page& page = at->second;
  if (!added) return page;
  const procfs::MemoryMapping* mapping = procfs::FindMapping(maps_, start);
  if (mapping == nullptr || !mapping->readable) return page;
  // The unwind tables of C++ refer to the personality routine through a pointer in the data of its module. It must be
  // readable for the tables to be understood, but its value plays no part in unwinding.
  if (mapping->writable && ModuleAt(start) == nullptr) return page;
  if (const int file = mapping->writable ? -1 : FileOf(*mapping); file >= 0) {
    const auto offset = static_cast<off_t>(start - mapping->start + mapping->offset);
    const ssize_t got = ::pread(file, page.bytes.data(), kPageBytes, offset);
    page.readable = got > 0;  // the last page of a file is filled up with zeros, as it is in memory
    if (page.readable) return page;
  }
  const iovec local{page.bytes.data(), kPageBytes};
  const iovec remote{reinterpret_cast<void*>(start), kPageBytes};
  page.readable = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(kPageBytes);
  page.readable = page.readable || mapping->writable;  // as zeros, once the process has ended
  return page;
}

int ModuleMemory::FileOf(const procfs::MemoryMapping& mapping) {
  if (mapping.inode == 0 || mapping.path.empty() || mapping.path[0] != '/') return -1;
  const auto [at, added] = files_.try_emplace({mapping.inode, mapping.path});
  if (!added) return at->second.get();
  // Through the root of the process first, so that containers work; that way is closed once the process has ended.
  // Another file under the same name has another inode.
  for (const std::string& path : {"/proc/" + std::to_string(pid_) + "/root" + mapping.path, mapping.path}) {
    support::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    struct stat info {};
    if (file.valid() && ::fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_ino == mapping.inode) {
      at->second = std::move(file);
      break;
    }
  }
  return at->second.get();
}

const LoadedModule* ModuleMemory::ModuleAt(std::uint64_t address) const {
  const auto after = std::upper_bound(modules_.begin(), modules_.end(), address,
                                      [](std::uint64_t value, const LoadedModule& m) { return value < m.start; });
  if (after == modules_.begin()) return nullptr;
  const LoadedModule& module = *(after - 1);
  return address < module.end ? &module : nullptr;
}

bool ModuleMemory::IsCode(std::uint64_t address) const {
  const procfs::MemoryMapping* mapping = procfs::FindMapping(maps_, address);
  return mapping != nullptr && mapping->executable;
}

}  // namespace mqtrack::threads
