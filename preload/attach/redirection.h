// Leads the calls of every loaded module to the hooks, and back.
//
// What LD_PRELOAD does while a program is linked is done afterwards: each word that the loader filled with the address
// of a hooked function gets the hook's address instead. Only words are changed that hold exactly what the process's own
// modules call, or that are not bound yet: a module with an allocator of its own keeps it. Other threads run meanwhile;
// they see either value, and both work.
#pragma once

#include <cstdint>

#include "preload/attach/hook_table.h"
#include "preload/attach/slot_list.h"

namespace mqtrack::redirection {

struct RedirectionCount {
  std::uint64_t modules = 0;   // of which something was changed
  std::uint64_t slots = 0;     // words changed
  std::uint64_t stubborn = 0;  // words that could not be made writable
};

/// Not synchronised: one thread at a time.
class Redirection {
 public:
  /// Redirects what is not redirected yet. Skips the loader, the kernel's vdso and the recorder.
  RedirectionCount Apply(const HookTable& hooks);
  /// Puts back what was there.
  RedirectionCount Undo(const HookTable& hooks);
  /// True if modules were loaded since Apply. Takes the loader's lock for a moment.
  [[nodiscard]] bool IsOutdated() const;

 private:
  SlotList slots_;
  std::uint64_t loads_seen_ = 0;  // the loader's own count
};

}  // namespace mqtrack::redirection
