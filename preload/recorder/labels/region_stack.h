// The regions that a thread is in: a few dozen bytes of initial-exec TLS, like ThreadState.
#pragma once

#include <cstdint>

#include "preload/recorder/labels/bounded_names.h"

namespace mqtrack::recorder {

/// Innermost last. A region's token is the address of something of the service's, mostly in the stack frame of the
/// function that entered it; it is never read, only compared. Lower halves do.
struct RegionStack {
  std::uint32_t depth;    // 0: in none
  std::uint32_t session;  // Recorder::session() in which they were entered: of an older one nobody knows what was left
  std::uint32_t tokens[BoundedNames::kDeepest];
  std::uint16_t names[BoundedNames::kDeepest];
};

extern thread_local constinit RegionStack region_stack __attribute__((tls_model("initial-exec")));

}  // namespace mqtrack::recorder
