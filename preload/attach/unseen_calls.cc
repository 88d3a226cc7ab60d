#include "preload/attach/unseen_calls.h"

#include <link.h>
#include <sys/auxv.h>

#include <cstring>

#include "libtrack/log/unseen_call.h"
#include "preload/attach/allocator_imports.h"
#include "preload/attach/loaded_module.h"
#include "preload/recorder/recorder.h"
#include "preload/recorder/stacks/object_entered.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/loaded_objects.h"

namespace mqtrack::redirection {
namespace {

std::uint32_t noting = 0;              // 1: a thread writes one down
constinit log::UnseenCall known = {};  // the one that was found, for the log that a child of fork begins

/// `path`: of the file that calls it, as the loader names it; empty: the program.
void Note(const char* function, const char* path, log::Header& header) {
  if ((header.recorded_kinds & log::KindBit(log::Kind::kHeapBlock)) == 0) return;
  auto& call = *reinterpret_cast<log::UnseenCall*>(reinterpret_cast<char*>(&header) + log::kUnseenCallAt);
  if (!recorder::Swap(noting, 0u, 1u)) return;  // the other thread's is as good
  if (recorder::LoadAcquire(call.function[0]) == 0) {
    if (path == nullptr || path[0] == 0) path = header.exe;
    const char* slash = std::strrchr(path, '/');
    if (known.function[0] == 0) {
      std::strncpy(known.file, slash != nullptr ? slash + 1 : path, sizeof known.file - 1);
      std::strncpy(known.function + 1, function + 1, sizeof known.function - 2);
      recorder::StoreRelease(known.function[0], function[0]);
    }
    std::memcpy(call.file, known.file, sizeof call.file);
    std::memcpy(call.function + 1, known.function + 1, sizeof call.function - 1);
    recorder::StoreRelease(call.function[0], known.function[0]);
  }
  recorder::StoreRelease(noting, 0u);
}

struct Definition {
  const char* name;
  bool found;
};

int LookForDefinition(dl_phdr_info* info, std::size_t, void* data) {
  auto& definition = *static_cast<Definition*>(data);
  const LoadedModule module(*info);
  definition.found = module.usable() && Defines(module, definition.name);
  return definition.found ? 1 : 0;
}

int LookForImport(dl_phdr_info* info, std::size_t, void* data) {
  const LoadedModule module(*info);
  if (!module.usable()) return 0;
  std::size_t next = 1;
  for (;;) {
    const AllocatorImport import = NextAllocatorImport(module, next);
    if (import.name == nullptr) return 0;
    Definition definition = {import.name, false};
    if (import.is_weak) ::dl_iterate_phdr(LookForDefinition, &definition);  // the lock may be taken twice
    if (import.is_weak && !definition.found) continue;
    Note(import.name, info->dlpi_name, *static_cast<log::Header*>(data));
    return 1;
  }
}

void LookAtEntered(const recorder::LoadedObject& object, log::Header& header) {
  if (recorder::LoadAcquire(known.function[0]) != 0) {
    Note(known.function, known.file, header);
    return;
  }
  const recorder::ProgramHeaders headers = recorder::HeadersOf(object);
  if (headers.first == nullptr) return;
  dl_phdr_info info = {};
  info.dlpi_addr = object.bias;
  info.dlpi_phdr = headers.first;
  info.dlpi_phnum = static_cast<ElfW(Half)>(headers.count);
  const LoadedModule module(info);
  if (!module.usable()) return;
  std::size_t next = 1;
  AllocatorImport import;
  do {
    import = NextAllocatorImport(module, next);
  } while (import.name != nullptr && import.is_weak);
  if (import.name != nullptr) Note(import.name, object.name, header);
}

}  // namespace

void NoteUnseenCalls() {
  recorder::object_entered = LookAtEntered;
  ::dl_iterate_phdr(LookForImport, &recorder::recorder.header());
}

}  // namespace mqtrack::redirection
