// Whether the recorder may work in a process that runs under system call filters (seccomp). They are read from the
// kernel and run, here, for every call that the recorder would make (call_filter.h): what cannot be shown to be
// harmless is not tried. Private to this module.
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <vector>

#include "libtrack/log/attach_layout.h"
#include "libtrack/support/result.h"

namespace mqtrack::attach {

/// Each filter once, whichever threads have it.
using CallFilters = std::vector<std::vector<sock_filter>>;

/// The filters of all threads of the process, each of which is stopped for a moment if it has any. An error if they
/// cannot be read, or are of the kind that allows nothing (strict mode).
[[nodiscard]] support::Result<CallFilters> ReadCallFilters(pid_t pid);

/// What is to be done in the process.
struct CallPurpose {
  bool loads_library = false;
  bool starts_recording = false;
  bool passes_descriptors = false;
};
/// Which calls the recorder may make; an error that names one if there is no way. Pure.
[[nodiscard]] support::Result<log::AttachCalls> ChooseCalls(const CallFilters& filters, const CallPurpose& purpose);

}  // namespace mqtrack::attach
