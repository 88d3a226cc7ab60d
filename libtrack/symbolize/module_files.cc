#include "libtrack/symbolize/module_files.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "libtrack/support/base_name.h"

namespace mqtrack::symbolize {
namespace {

using support::ErrorCode;
using support::Result;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool HasDebugInfo(const ElfFile& file) { return file.HasSection(".debug_info") || file.HasSection(".zdebug_info"); }

/// Why the file at the recorded path cannot be used, or nothing, with `files.code` set.
std::string OpenCode(const profile::Mapping& mapping, const Options& options, const std::string& build_id,
                     ModuleFiles& files) {
  std::string path(support::WithoutDeletedMark(mapping.file));
  const bool deleted = path.size() < mapping.file.size();
  if (deleted && build_id.empty()) {
    return "was deleted or replaced while the process ran, and has no build id: not named; restart the process to "
           "record the new file";
  }
  if (!path.starts_with('/') && build_id.empty()) return "not an absolute path, and without a build id: not named";
  if (path.starts_with('/')) path = options.sysroot + path;
  Result<ElfFile> file = ElfFile::Open(path);
  if (!file) {
    return file.error().code == ErrorCode::kNotFound ? "not found as " + path + ": not named; copy the file there"
                                                     : file.error().text + ": not named";
  }
  if (!build_id.empty() && file->build_id() != build_id) {
    return "is not the file that was recorded: not named (build id " + build_id + " recorded, " +
           (file->build_id().empty() ? "none" : file->build_id()) + " found; it was updated or rebuilt since)";
  }
  files.code = std::move(file).value();
  return {};
}

}  // namespace

bool IsPseudoFile(const std::string& file) {
  return file.empty() || file.starts_with('[') || file.starts_with("//") || file.starts_with("anon_inode:") ||
         file.starts_with("/dev/") || file.starts_with("/memfd:") || file.starts_with("/SYSV");
}

std::string ModuleName(const profile::Mapping& mapping) {
  const std::string_view name = support::BaseName(support::WithoutDeletedMark(mapping.file));
  return name.empty() ? "[unknown]" : std::string(name);
}

ModuleFiles FindModuleFiles(const profile::Mapping& mapping, const Options& options) {
  ModuleFiles files;
  const std::string build_id = LowerCase(mapping.build_id);
  files.note = OpenCode(mapping, options, build_id, files);
  const DebugFileFinder finder(options);
  // Also where the mapped file is gone: the debug file of the recorded build id is certainly the right one. It does not
  // say where the file's pages were, so only a mapping from the file's start will do.
  if (files.code || mapping.offset == 0) {
    const std::string& id = files.code ? files.code->build_id() : build_id;
    if (!files.code || !HasDebugInfo(*files.code)) files.debug = finder.ByBuildId(id);
  }
  if (files.code && !files.debug && !HasDebugInfo(*files.code)) {
    files.debug = finder.ByDebugLink(*files.code, mapping.file, files.note);
  }
  if (!files.code && files.debug) files.note = "named from its debug file alone: the file itself " + files.note;
  const ElfFile* dwarf = files.debug ? &*files.debug : files.code ? &*files.code : nullptr;
  if (dwarf != nullptr) files.supplement = finder.Supplement(*dwarf);
  return files;
}

}  // namespace mqtrack::symbolize
