// Addresses of a profile become functions, files, lines and inlined frames, from the ELF and DWARF files on this
// machine. Always out of the service's process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/symbolize/name_cache.h"

namespace mqtrack::symbolize {

class DebugServer;
class PerfMap;

/// What is known of a file beyond the profile's mapping.
struct LoadedFile {
  std::string file;         // Mapping::file
  std::uint64_t start = 0;  // Mapping::start
  /// Runtime address - ELF virtual address, as the process's own loader said.
  std::optional<std::uint64_t> bias;
  /// A path that opens the very file that is mapped while the process runs, though its name be gone or another's by now
  /// (/proc/PID/map_files/…). Empty: there is none.
  std::string open_as;
  /// A file without a build id that has changed since, Unix time in nanoseconds, may be another one: it was replaced,
  /// or rebuilt. 0: that is not to be asked.
  std::int64_t unchanged_since_ns = 0;
};

struct Options {
  /// Prepended to every module path that is absolute (a sysroot, or /proc/PID/root of a service in a container).
  std::string sysroot = {};
  /// Searched, before /usr/lib/debug, for files by their build id (see DebugFileFinder) and for debuglink names.
  std::vector<std::string> debug_dirs = {};
  /// The profile may be of another machine: a file is the one that was recorded only if its build id says so.
  bool by_build_id_only = false;
  /// Is asked for what no folder has. Null: nobody is asked.
  std::shared_ptr<DebugServer> server = {};
  /// Of the mappings of a recorded process. Such a mapping has its file's build id: a file that has one where none was
  /// recorded is not the one.
  std::vector<LoadedFile> loaded = {};
  /// Names for addresses that lie in no file: of code made at run time. May be null.
  std::shared_ptr<const PerfMap> code_names = {};
  /// Names of files with a build id are looked for here first, and left here for the next profile. May be null.
  std::shared_ptr<NameCache> known_names = {};
  /// Reads the process's memory while it runs: true if all bytes could be read. Unset: it cannot be read.
  std::function<bool(std::uint64_t address, void* bytes, std::size_t size)> read_memory = {};
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
