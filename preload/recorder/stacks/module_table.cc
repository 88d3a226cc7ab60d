#include "preload/recorder/stacks/module_table.h"

#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#include <cstring>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/log/process_facts.h"
#include "preload/recorder/log/resolve_path.h"
#include "preload/recorder/stacks/object_entered.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/loaded_objects.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uintptr_t kRoomToAppend = 5120;  // of the stack, for paths and what is read of them

static_assert(sizeof(log::Module::path) == sizeof(log::Header::exe));

/// The size of a note's name or content in memory: notes of segments that are aligned to eight bytes are padded to
/// eight.
std::uintptr_t Padded(std::uintptr_t bytes, std::uintptr_t alignment) {
  const std::uintptr_t unit = alignment == 8 ? 8 : 4;
  return (bytes + unit - 1) & ~(unit - 1);
}

/// Copies the NT_GNU_BUILD_ID note from where the loader says that it is mapped. Of an object that is not at that place
/// there is none, and readers then know that its file does not name it.
void ReadBuildId(const LoadedObject& object, log::Module& module) {
  const ProgramHeaders headers = HeadersOf(object);
  for (std::size_t i = 0; i < headers.count; ++i) {
    const ElfW(Phdr)& segment = headers.first[i];
    if (segment.p_type != PT_NOTE) continue;
    std::uintptr_t at = object.bias + segment.p_vaddr;
    const std::uintptr_t end = at + segment.p_memsz;
    const ReadableRange range = ReadableAround(object, at);
    if (range.low == nullptr || end > reinterpret_cast<std::uintptr_t>(range.high) || end < at) continue;
    if (!IsReadable(at & ~std::uintptr_t{7})) continue;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(at);
      const std::uintptr_t name = at + sizeof(ElfW(Nhdr));
      const std::uintptr_t content = at + Padded(sizeof(ElfW(Nhdr)) + note->n_namesz, segment.p_align);
      at = content + Padded(note->n_descsz, segment.p_align);
      if (at > end || content < name) break;
      const bool is_build_id = note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
                               std::memcmp(reinterpret_cast<const char*>(name), "GNU", 4) == 0;
      if (!is_build_id || note->n_descsz > sizeof module.build_id) continue;
      std::memcpy(module.build_id, reinterpret_cast<const void*>(content), note->n_descsz);
      module.build_id_bytes = note->n_descsz;
      return;
    }
  }
}

/// Range and build id: enough to recognise an object that is known already.
void DescribeRange(const LoadedObject& object, log::Module& module) {
  module = {};
  module.start = object.start;
  module.end = object.end;
  module.bias = object.bias;
  ReadBuildId(object, module);
}

void CopyName(const char* name, log::Module& module) {
  std::memset(module.path, 0, sizeof module.path);
  std::strncpy(module.path, name, sizeof module.path - 1);
}

/// Of a program that was started as an argument of the loader, /proc/self/exe is the loader. The kernel has then loaded
/// no interpreter.
void DescribeProgramPath(const LoadedObject& object, const log::Header& header, bool loader_only, log::Module& module) {
  const bool by_loader = ::getauxval(AT_BASE) == 0;
  if (by_loader && !loader_only && FindMappedPath(object.start, module.path, sizeof module.path)) return;
  const char* started = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  if (by_loader && started != nullptr)
    CopyName(started, module);
  else
    std::memcpy(module.path, header.exe, sizeof module.path);
}

/// The file's name. The loader knows libraries by absolute paths, save where the service or its environment named one
/// by a relative path; if that does not lead anywhere from today's working directory, /proc/self/maps is read.
void DescribePath(const LoadedObject& object, const log::Header& header, bool loader_only, log::Module& module) {
  if (object.is_program || object.name == nullptr || object.name[0] == 0) {
    module.is_main = 1;
    DescribeProgramPath(object, header, loader_only, module);
    return;
  }
  if (!loader_only && std::strchr(object.name, '/') != nullptr) {  // else it is the vdso
    if (ResolvePath(object.name, module.path, sizeof module.path)) return;
    if (object.name[0] != '/' && FindMappedPath(object.start, module.path, sizeof module.path)) return;
  }
  // Sandboxed, or in a chroot: the loader's own name for it.
  CopyName(object.name, module);
}

}  // namespace

constinit ObjectEntered object_entered = nullptr;

bool ModuleTable::Create(LogFile& log) {
  log_ = &log;
  const std::uint64_t bytes = kCapacity * sizeof(log::Module);
  const std::uint64_t offset = log.Commit(bytes);
  if (offset == 0 || !log.Publish(log::SegmentKind::kModules, offset, bytes, kCapacity)) return false;
  modules_ = log.At<log::Module>(offset);
  // The executable first: readers take the first module for the main program.
  Note(reinterpret_cast<std::uint64_t>(::getauxval(AT_ENTRY)));
  return true;
}

std::uint32_t ModuleTable::count() const { return LoadAcquire(log_->header().module_count); }

void ModuleTable::Note(std::uint64_t pc) {
  const std::uint64_t era = LoadRelaxed(rule_era);
  for (std::uint32_t i = count(); i-- > 0;) {
    const Known& known = known_[i];
    if (pc < known.start || pc >= known.end || LoadRelaxed(known.era) != era) continue;
    LoadedObject object;
    // What lies in a gap of the program is another object.
    if (!known.has_gaps || (FindObject(pc, object) && object.start == known.start)) return;
  }
  Append(pc);
}

// Other threads of the parent may have entered objects since the fork. What they had entered when the table was copied
// is kept; the count was copied later.
void ModuleTable::RepairAfterFork() {
  appending_ = 0;
  std::uint32_t whole = 0;
  for (const std::uint32_t end = count(); whole < end; ++whole) {
    const log::Module& module = modules_[whole];
    if (known_[whole].end != 0) continue;
    if (module.end == 0 || module.path[0] == 0) break;
    known_[whole] = {module.start, module.end, LoadRelaxed(rule_era), true};
  }
  StoreRelease(log_->header().module_count, whole);
}

std::uint32_t ModuleTable::FindSame(const log::Module& fresh, std::uint32_t count) const {
  for (std::uint32_t i = count; i-- > 0;) {
    if (modules_[i].start != fresh.start || modules_[i].end != fresh.end) continue;
    return std::memcmp(modules_[i].build_id, fresh.build_id, sizeof fresh.build_id) == 0 ? i : count;
  }
  return count;
}

void ModuleTable::Append(std::uint64_t pc) {
  LoadedObject object;
  if (!FindObject(pc, object) || !HasRoom(kRoomToAppend, !loader_only_)) return;
  // One writer at a time, without making anyone wait for long: whoever comes second leaves it to the first, and to the
  // next stack through this object.
  if (!Swap(appending_, 0u, 1u)) return;
  const std::uint32_t count = this->count();
  if (count < kCapacity) {
    log::Module& fresh = modules_[count];
    DescribeRange(object, fresh);
    std::uint32_t same = FindSame(fresh, count);
    if (same == count || fresh.build_id_bytes == 0) {
      DescribePath(object, log_->header(), loader_only_, fresh);
      if (same != count && std::strcmp(modules_[same].path, fresh.path) != 0) same = count;
    }
    if (same == count) {
      known_[count] = {object.start, object.end, LoadRelaxed(rule_era), object.has_gaps};
      StoreRelease(log_->header().module_count, count + 1);
      if (object_entered != nullptr) object_entered(object, log_->header());
    } else {
      StoreRelaxed(known_[same].era, LoadRelaxed(rule_era));  // others may be looking at it
    }
  }
  StoreRelease(appending_, 0u);
}

}  // namespace mqtrack::recorder
