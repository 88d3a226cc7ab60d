// Which functions of allocators' own interfaces (libtrack/log/unseen_call.h) a loaded file imports.
#pragma once

#include <cstddef>

#include "preload/attach/loaded_module.h"

namespace mqtrack::redirection {

struct AllocatorImport {
  const char* name = nullptr;  // in the module's own string table; null: there is none
  bool is_weak = false;        // the loader gives it none if nobody has one
};

/// The first such import from the dynamic symbol `from` on, which is then set behind it. Reads the module's memory
/// only.
[[nodiscard]] AllocatorImport NextAllocatorImport(const LoadedModule& module, std::size_t& from);

/// True if the module defines `name` for others.
[[nodiscard]] bool Defines(const LoadedModule& module, const char* name);

}  // namespace mqtrack::redirection
