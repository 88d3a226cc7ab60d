#include "preload/attach/redirection.h"

#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <initializer_list>

#include "preload/attach/loaded_module.h"
#include "preload/attach/page_writer.h"
#include "preload/attach/relocations.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/sync/errno_keeper.h"
#include "preload/recorder/sync/futex.h"

namespace mqtrack::redirection {
namespace {

/// One pass over all modules, under the loader's lock, which keeps them mapped.
struct Pass {
  const HookTable& hooks;
  SlotList& slots;
  const Protections& protections;
  PageWriter& writer;
  bool undo;
  bool waits = false;       // for modules that another thread is loading
  bool unfinished = false;  // there is one
  RedirectionCount count{};
  std::uint64_t loads = 0;
};

constexpr int kMostLooks = 4;
constexpr long kPauseNanos = 5'000'000;

std::uintptr_t Value(std::uintptr_t slot) {
  return recorder::LoadAcquire(*reinterpret_cast<const std::uintptr_t*>(slot));
}

bool IsLeftAlone(const LoadedModule& module) {
  return !module.usable() || module.Contains(reinterpret_cast<std::uintptr_t>(&IsLeftAlone)) ||
         module.Contains(::getauxval(AT_BASE)) || module.Contains(::getauxval(AT_SYSINFO_EHDR));
}

/// True if the slot holds what a call of this function may find there.
bool LeadsToOriginal(const LoadedModule& module, const ElfW(Sym) & symbol, SlotKind kind, std::uintptr_t value,
                     const Hook& hook) {
  if (value == hook.original) return true;
  // Not bound yet: it points at the code in the module itself that will ask the loader. A function that the module
  // defines itself is its own business.
  return kind == SlotKind::kCall && symbol.st_shndx == SHN_UNDEF && module.IsCode(value);
}

bool Redirect(Pass& pass, const LoadedModule& module, const ElfW(Rela) & relocation) {
  const SlotKind kind = KindOfSlot(relocation);
  if (kind == SlotKind::kNone) return false;
  const ElfW(Sym)* symbol = module.Symbol(SymbolOf(relocation));
  std::size_t bytes = 0;
  const char* name = symbol != nullptr ? module.Name(*symbol, bytes) : nullptr;
  const Hook* hook = name != nullptr ? pass.hooks.Find(name, bytes) : nullptr;
  const std::uintptr_t slot = module.bias() + relocation.r_offset;
  if (hook == nullptr || !module.IsWritableData(slot)) return false;
  const std::uintptr_t value = Value(slot);
  if (pass.waits && module.IsProtectedOnceRelocated(slot) && (pass.protections.At(slot) & PROT_WRITE) != 0) {
    pass.unfinished = true;
    return false;
  }
  if (value == hook->hook || !LeadsToOriginal(module, *symbol, kind, value, *hook)) return false;
  if (!pass.slots.Remember(slot, value) || !pass.writer.Store(slot, hook->hook)) {
    ++pass.count.stubborn;
    return false;
  }
  ++pass.count.slots;
  return true;
}

bool GiveBack(Pass& pass, const LoadedModule& module, const ElfW(Rela) & relocation) {
  if (KindOfSlot(relocation) == SlotKind::kNone) return false;
  const std::uintptr_t slot = module.bias() + relocation.r_offset;
  if (!module.IsWritableData(slot)) return false;
  const Hook* hook = pass.hooks.FindByHook(Value(slot));
  if (hook == nullptr) return false;
  // A remembered value that belongs to another module, unloaded since, is not believed.
  std::uintptr_t original = pass.slots.OriginalOf(slot);
  if (original != hook->original && !module.IsCode(original)) original = hook->original;
  if (!pass.writer.Store(slot, original)) {
    ++pass.count.stubborn;
    return false;
  }
  ++pass.count.slots;
  return true;
}

int Visit(dl_phdr_info* info, std::size_t, void* data) {
  Pass& pass = *static_cast<Pass*>(data);
  pass.loads = info->dlpi_adds;
  const LoadedModule module(*info);
  if (IsLeftAlone(module)) return 0;
  bool changed = false;
  for (const LoadedModule::Relocations& table : {module.of_data(), module.of_calls()}) {
    for (std::size_t i = 0; i < table.count; ++i) {
      const ElfW(Rela)& relocation = table.first[i];
      changed |= pass.undo ? GiveBack(pass, module, relocation) : Redirect(pass, module, relocation);
    }
  }
  if (changed) ++pass.count.modules;
  return 0;
}

int CountLoads(dl_phdr_info* info, std::size_t, void* data) {
  *static_cast<std::uint64_t*>(data) = info->dlpi_adds;
  return 1;
}

}  // namespace

// A module is in the loader's list before it is relocated. Its words are written to once the loader has protected them,
// lest it does so just before they are. Where it never does, nobody will.
RedirectionCount Redirection::Apply(const HookTable& hooks) {
  const recorder::ErrnoKeeper keep_errno;
  RedirectionCount count;
  for (int look = 1;; ++look) {
    const Protections protections;
    PageWriter writer(protections);
    Pass pass{hooks, slots_, protections, writer, false, look < kMostLooks};
    ::dl_iterate_phdr(Visit, &pass);
    loads_seen_ = pass.loads;
    slots_.MayRepeat(true);
    count.slots += pass.count.slots;
    count.modules += pass.count.modules;
    count.stubborn = pass.count.stubborn;
    if (!pass.unfinished) return count;
    std::uint32_t word = 0;
    recorder::FutexWait(word, 0, kPauseNanos);  // a call that a filtered service allows too
  }
}

RedirectionCount Redirection::Undo(const HookTable& hooks) {
  const Protections protections;
  PageWriter writer(protections);
  Pass pass{hooks, slots_, protections, writer, true};
  ::dl_iterate_phdr(Visit, &pass);
  slots_.Clear();
  slots_.MayRepeat(false);
  return pass.count;
}

bool Redirection::IsOutdated() const {
  std::uint64_t loads = 0;
  ::dl_iterate_phdr(CountLoads, &loads);
  return loads != loads_seen_;
}

}  // namespace mqtrack::redirection
