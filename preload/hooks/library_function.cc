#include "preload/hooks/library_function.h"

#include "preload/hooks/real_functions.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::hooks {

void* LibraryFunction::Global() {
  const std::uint64_t era = LibraryEra();
  const std::uint64_t check = recorder::LoadRelaxed(check_), known = recorder::LoadRelaxed(global_);
  if ((check ^ known) == era && known != 0) return reinterpret_cast<void*>(known);
  void* function = FindNext(symbol_);
  recorder::StoreRelaxed(global_, reinterpret_cast<std::uint64_t>(function));
  recorder::StoreRelaxed(check_, era ^ reinterpret_cast<std::uint64_t>(function));
  return function;
}

LibraryFunction::Found LibraryFunction::For(const void* caller) {
  Found found;
  found.function = FindForCaller(symbol_, caller);
  if (found.function == nullptr) found.function = Global();
  found.is_it = found.function != nullptr && IsOfLibrary(found.function, library_);
  return found;
}

}  // namespace mqtrack::hooks
