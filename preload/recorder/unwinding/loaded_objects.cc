#include "preload/recorder/unwinding/loaded_objects.h"

#include <dlfcn.h>
#include <elf.h>
#include <sys/auxv.h>

#include <cstring>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/log/page_bytes.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {
namespace {

using FindObjectFunction = int (*)(void*, dl_find_object*);
FindObjectFunction find_object = nullptr;

/// The executable. It is never unloaded.
struct Program {
  const link_map* map = nullptr;
  ProgramHeaders headers;
  std::uintptr_t start = 0, end = 0;
  bool has_gaps = false;
};
constinit Program program;

bool IsLoaded(const ElfW(Phdr) & segment) { return segment.p_type == PT_LOAD && segment.p_memsz != 0; }

/// The segment of `headers` that holds `address`, or null.
const ElfW(Phdr) * SegmentAt(const ProgramHeaders& headers, std::uintptr_t bias, std::uintptr_t address) {
  for (std::size_t i = 0; i < headers.count; ++i) {
    const ElfW(Phdr)& segment = headers.first[i];
    if (IsLoaded(segment) && address - (bias + segment.p_vaddr) < segment.p_memsz) return &segment;
  }
  return nullptr;
}

/// Where the segments lie, and whether pages between them are anybody's.
void Measure(Program& measured) {
  const std::uintptr_t bias = measured.map->l_addr;
  measured.start = ~std::uintptr_t{0};
  for (std::size_t i = 0; i < measured.headers.count; ++i) {
    const ElfW(Phdr)& segment = measured.headers.first[i];
    if (!IsLoaded(segment)) continue;
    const std::uintptr_t low = RoundDownToPages(bias + segment.p_vaddr),
                         high = bias + segment.p_vaddr + segment.p_memsz;
    if (measured.end != 0 && low > RoundUpToPages(measured.end)) measured.has_gaps = true;
    if (low < measured.start) measured.start = low;
    if (high > measured.end) measured.end = high;
  }
}

/// The headers that the kernel, or a loader that was started by name, says are the program's.
void FindProgram() {
  dl_find_object found;
  const auto entry = static_cast<std::uintptr_t>(::getauxval(AT_ENTRY));
  const auto table = static_cast<std::uintptr_t>(::getauxval(AT_PHDR));
  const std::size_t count = ::getauxval(AT_PHNUM);
  if (find_object(reinterpret_cast<void*>(entry), &found) != 0) return;
  Program fresh;
  fresh.map = found.dlfo_link_map;
  if (table != 0 && ::getauxval(AT_PHENT) == sizeof(ElfW(Phdr)) && IsReadable(table & ~std::uintptr_t{7}))
    fresh.headers = {reinterpret_cast<const ElfW(Phdr)*>(table), count};
  Measure(fresh);
  // They must be those of the object that the loader knows.
  if (SegmentAt(fresh.headers, fresh.map->l_addr, entry) == nullptr) fresh.headers = {}, fresh.start = fresh.end = 0;
  program = fresh;
}

void DescribeProgram(LoadedObject& object) {
  object.start = program.start;
  object.end = program.end;
  object.bias = program.map->l_addr;
  object.name = program.map->l_name;
  object.is_program = true;
  object.has_gaps = program.has_gaps;
  object.unwind_header = nullptr;
  for (std::size_t i = 0; i < program.headers.count; ++i) {
    const ElfW(Phdr)& segment = program.headers.first[i];
    if (segment.p_type == PT_GNU_EH_FRAME)
      object.unwind_header = reinterpret_cast<const std::uint8_t*>(object.bias + segment.p_vaddr);
  }
}

}  // namespace

void InitialiseLoadedObjects() {
  if (find_object != nullptr) return;
  find_object = reinterpret_cast<FindObjectFunction>(::dlsym(RTLD_DEFAULT, "_dl_find_object"));
  if (find_object != nullptr) FindProgram();
}

bool CanFindObjects() { return find_object != nullptr; }

bool FindObject(std::uint64_t address, LoadedObject& object) {
  if (find_object == nullptr) return false;
  if (program.has_gaps && SegmentAt(program.headers, program.map->l_addr, address) != nullptr) {
    DescribeProgram(object);
    return true;
  }
  dl_find_object found;
  if (find_object(reinterpret_cast<void*>(address), &found) != 0) return false;
  object.start = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start);
  object.end = reinterpret_cast<std::uintptr_t>(found.dlfo_map_end);
  object.bias = found.dlfo_link_map->l_addr;
  object.name = found.dlfo_link_map->l_name;
  object.is_program = found.dlfo_link_map == program.map;
  object.has_gaps = false;
  object.unwind_header = static_cast<const std::uint8_t*>(found.dlfo_eh_frame);
  return true;
}

ReadableRange ReadableAround(const LoadedObject& object, std::uintptr_t address) {
  std::uintptr_t low = object.start, high = object.end;
  if (object.has_gaps) {
    const ElfW(Phdr)* segment = SegmentAt(program.headers, object.bias, address);
    if (segment == nullptr) return {};
    low = object.bias + segment->p_vaddr, high = low + segment->p_memsz;
  }
  if (address < low || address >= high) return {};
  return {reinterpret_cast<const std::uint8_t*>(low), reinterpret_cast<const std::uint8_t*>(high)};
}

ProgramHeaders HeadersOf(const LoadedObject& object) {
  if (object.is_program && program.headers.count != 0) return program.headers;
  if (!IsReadable(object.start)) return {};
  const auto* header = reinterpret_cast<const ElfW(Ehdr)*>(object.start);
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr))) return {};
  const std::uintptr_t table = object.start + header->e_phoff;
  if (table < object.start || table + header->e_phnum * sizeof(ElfW(Phdr)) > object.start + cpu::kSmallestPage)
    return {};
  return {reinterpret_cast<const ElfW(Phdr)*>(table), header->e_phnum};
}

}  // namespace mqtrack::recorder
