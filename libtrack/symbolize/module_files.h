// The files that can name the addresses of one mapping, or the reason why there are none.
#pragma once

#include <optional>
#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/symbolize/debug_files.h"
#include "libtrack/symbolize/elf_file.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::symbolize {

struct ModuleFiles {
  std::optional<ElfFile> code;        // the mapped file itself; nothing if no file that is certainly the one was found
  std::optional<ElfFile> debug;       // its separate debug file; alone if the mapped file is gone
  std::optional<ElfFile> supplement;  // DWZ's
  std::string note;                   // for the user; empty if all is well

  /// The file whose layout counts, or null.
  [[nodiscard]] const ElfFile* layout() const { return code ? &*code : debug ? &*debug : nullptr; }
};

/// Finds the files of `mapping`. A file whose build id is not the recorded one is never used; without a recorded one
/// the file at the recorded path is trusted, unless it is known to have been deleted.
/// `loaded`: what else is known of it, or null. What has no file (IsPseudoFile) has none here either.
[[nodiscard]] ModuleFiles FindModuleFiles(const profile::Mapping& mapping, const Options& options,
                                          const LoadedFile* loaded);

/// Base name of the mapped file, as in "module+0x12": without directory and " (deleted)".
[[nodiscard]] std::string ModuleName(const profile::Mapping& mapping);

/// True for what has no file to look into: [vdso], [heap], anonymous memory.
[[nodiscard]] bool IsPseudoFile(const std::string& file);

}  // namespace mqtrack::symbolize
