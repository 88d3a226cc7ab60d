// Where the debug information of a stripped file is: by build id, by .gnu_debuglink, and DWZ's shared supplement.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::symbolize {

/// Lower-case hex of a length that build ids have: safe to make a path of.
[[nodiscard]] bool IsBuildId(const std::string& text);

/// Finds files; holds only the search path. By build id a folder may hold them as Debian and Fedora install them,
/// .build-id/ab/cdef.debug and .build-id/ab/cdef (the program itself), or as the clients of debuginfod keep them,
/// abcdef/debuginfo and abcdef/executable.
class DebugFileFinder {
 public:
  explicit DebugFileFinder(const Options& options);

  /// The separate debug file whose build id is `build_id` (hex). Nothing if there is none.
  [[nodiscard]] std::optional<ElfFile> ByBuildId(const std::string& build_id) const;
  /// The program or library itself whose build id is `build_id` (hex). Nothing if there is none.
  [[nodiscard]] std::optional<ElfFile> CodeByBuildId(const std::string& build_id) const;
  /// The separate debug file that `main` names in .gnu_debuglink: next to it, in .debug/ beside it, in the debug
  /// directories under `recorded_path`'s directory, and in the given directories themselves. A file counts only if its
  /// build id equals that of `main` or its CRC is the one that `main` states; others are told in `note`.
  [[nodiscard]] std::optional<ElfFile> ByDebugLink(const ElfFile& main, const std::string& recorded_path,
                                                   std::string& note) const;
  /// The DWZ supplement that `file` names in .gnu_debugaltlink; its build id must be the one stated there.
  [[nodiscard]] std::optional<ElfFile> Supplement(const ElfFile& file) const;
  /// The build id of that supplement, or "".
  [[nodiscard]] static std::string SupplementId(const ElfFile& file);

 private:
  [[nodiscard]] std::optional<ElfFile> InStores(const std::string& build_id, const std::string& suffix,
                                                const std::string& name) const;

  std::string sysroot_;
  std::vector<std::string> given_directories_;
  std::vector<std::string> directories_;  // the given ones, then the system's
};

}  // namespace mqtrack::symbolize
