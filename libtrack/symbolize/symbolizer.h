// Addresses of a profile become functions, files, lines and inlined frames, from the ELF and DWARF files on this
// machine. Always out of the service's process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::symbolize {

struct Options {
  /// Prepended to every module path that is absolute (a sysroot, or /proc/PID/root of a service in a container).
  std::string sysroot;
  /// Searched, before /usr/lib/debug, for <dir>/.build-id/ab/cdef.debug and for debuglink names.
  std::vector<std::string> debug_dirs;
};

/// What happened, for a note to the user: which modules had no symbols, or are not the file that was recorded.
struct Report {
  struct ModuleNote {
    std::string file;
    std::string what;  // e.g. "stripped: names from .dynsym only; install its debug symbols"
  };
  std::vector<ModuleNote> notes;
  std::size_t addresses = 0, with_function = 0, with_line = 0;
};

/// Fills `lines` of every location of `profile` that has none, its functions, and the has_* flags of the mappings.
/// Location::address must already lie inside the call instruction. A location whose module is missing, does not match
/// its build id or has no symbol that covers the address gets one function named "module+0xoffset" (offset = ELF
/// virtual address). Where an unwind entry (FDE) of .eh_frame covers a nameless address, the offset is that entry's
/// start, so that all addresses of one nameless function share one name; Location::address keeps the exact one.
/// Function names are demangled without return type and parameters (support::QualifiedName); system_name is the whole
/// symbol. Never fails as a whole. Not thread-safe for one profile.
Report Symbolize(profile::Profile& profile, const Options& options = {});

}  // namespace mqtrack::symbolize
