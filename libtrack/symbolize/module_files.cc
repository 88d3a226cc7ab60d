#include "libtrack/symbolize/module_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "libtrack/support/base_name.h"
#include "libtrack/symbolize/debug_server.h"

namespace mqtrack::symbolize {
namespace {

using support::ErrorCode;
using support::Result;

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool HasDebugInfo(const ElfFile& file) { return file.HasSection(".debug_info") || file.HasSection(".zdebug_info"); }

/// Why the file at `path` cannot be used, or nothing, with `files.code` set.
std::string OpenAt(const std::string& path, const std::string& build_id, bool id_is_known, ModuleFiles& files) {
  Result<ElfFile> file = ElfFile::Open(path);
  if (!file) {
    return file.error().code == ErrorCode::kNotFound ? "not found as " + path + ": not named; copy the file there"
                                                     : file.error().text + ": not named";
  }
  if ((!build_id.empty() || id_is_known) && file->build_id() != build_id) {
    const auto shown = [](const std::string& id) { return id.empty() ? std::string("none") : id; };
    return "is not the file that was recorded: not named (build id " + shown(build_id) + " recorded, " +
           shown(file->build_id()) + " found; it was updated or rebuilt since)";
  }
  files.code = std::move(file).value();
  return {};
}

/// By its change time, which a rename, a copy and a link set too, and which nobody can set back.
bool HasChangedSince(const std::string& path, std::int64_t unix_ns) {
  struct stat info {};
  if (unix_ns == 0 || ::stat(path.c_str(), &info) != 0) return false;
  return std::int64_t{info.st_ctim.tv_sec} * 1'000'000'000 + info.st_ctim.tv_nsec > unix_ns;
}

/// Why the file at the recorded path cannot be used, or nothing, with `files.code` set.
std::string OpenRecorded(const profile::Mapping& mapping, const Options& options, const std::string& build_id,
                         const LoadedFile* loaded, ModuleFiles& files) {
  const bool id_is_known = loaded != nullptr;
  std::string path(support::WithoutDeletedMark(mapping.file));
  const bool deleted = path.size() < mapping.file.size();
  if (deleted && build_id.empty()) {
    return "was deleted or replaced while the process ran, and has no build id: not named; restart the process to "
           "record the new file";
  }
  if (!path.starts_with('/') && build_id.empty()) return "not an absolute path, and without a build id: not named";
  if (path.starts_with('/')) path = options.sysroot + path;
  if (build_id.empty() && loaded != nullptr && HasChangedSince(path, loaded->unchanged_since_ns)) {
    return "has changed since it was recorded, and has no build id to tell whether it is the same: not named; take "
           "snapshots while the process runs, or link it with --build-id";
  }
  std::string problem = OpenAt(path, build_id, id_is_known, files);
  if (deleted && problem.starts_with("not found")) {
    return "was deleted while the process ran: not named; take the snapshot as root while the process still has it "
           "mapped, or put the file back as " +
           path;
  }
  return problem;
}

/// The file that is mapped, while the process runs, is certainly the one: without a build id to tell, it comes first.
std::string OpenCode(const profile::Mapping& mapping, const Options& options, const std::string& build_id,
                     const LoadedFile* loaded, ModuleFiles& files) {
  const bool can_open = loaded != nullptr && !loaded->open_as.empty();
  const bool id_is_known = loaded != nullptr;
  if (can_open && build_id.empty() && OpenAt(loaded->open_as, build_id, false, files).empty()) return {};
  std::string problem = OpenRecorded(mapping, options, build_id, loaded, files);
  if (files.code || !can_open || build_id.empty()) return problem;
  return OpenAt(loaded->open_as, build_id, id_is_known, files).empty() ? std::string() : problem;
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

namespace {

/// What `path` from the server holds, if it is of that build id; else why not, in `note`.
std::optional<ElfFile> FromServer(DebugServer::What what, const std::string& build_id, const std::string& file,
                                  const Options& options, std::string& note) {
  if (!options.server) return std::nullopt;
  const std::optional<std::string> path = options.server->Find(what, build_id, file, note);
  if (!path) return std::nullopt;
  Result<ElfFile> found = ElfFile::Open(*path);
  if (found && found->build_id() == build_id) return std::move(found).value();
  note = DebugServer::Discard(*path);
  return std::nullopt;
}

/// The separate debug file, where the code has no debug information of its own.
void FindDebug(const profile::Mapping& mapping, const Options& options, const std::string& build_id,
               const DebugFileFinder& finder, ModuleFiles& files, std::string& server_note) {
  // Also where the mapped file is gone: the debug file of the recorded build id is certainly the right one. It does not
  // say where the file's pages were, so only a mapping from the file's start will do.
  if (!files.code && mapping.offset != 0) return;
  if (files.code && HasDebugInfo(*files.code)) return;
  const std::string& id = files.code ? files.code->build_id() : build_id;
  files.debug = finder.ByBuildId(id);
  if (files.code && !files.debug) files.debug = finder.ByDebugLink(*files.code, mapping.file, files.note);
  if (!files.debug) files.debug = FromServer(DebugServer::What::kDebug, id, mapping.file, options, server_note);
}

}  // namespace

ModuleFiles FindModuleFiles(const profile::Mapping& mapping, const Options& options, const LoadedFile* loaded) {
  ModuleFiles files;
  const std::string build_id = LowerCase(mapping.build_id);
  if (IsPseudoFile(mapping.file) && (loaded == nullptr || loaded->open_as.empty())) return files;
  if (options.by_build_id_only && build_id.empty()) {
    files.note = "was recorded without a build id, and nothing else tells files apart: not named";
    return files;
  }
  files.note = OpenCode(mapping, options, build_id, loaded, files);
  const DebugFileFinder finder(options);
  if (!files.code) {
    files.code = finder.CodeByBuildId(build_id);
    if (files.code) files.note.clear();
  }
  std::string server_note;
  FindDebug(mapping, options, build_id, finder, files, server_note);
  if (!files.code && !files.debug) {
    files.code = FromServer(DebugServer::What::kCode, build_id, mapping.file, options, server_note);
    if (files.code) files.note.clear();
  }
  if (!files.code && files.debug) files.note = "named from its debug file alone: the file itself " + files.note;
  const ElfFile* dwarf = files.debug ? &*files.debug : files.code ? &*files.code : nullptr;
  if (dwarf != nullptr) files.supplement = finder.Supplement(*dwarf);
  if (dwarf != nullptr && !files.supplement && options.server) {
    const std::string id = DebugFileFinder::SupplementId(*dwarf);
    if (!id.empty()) files.supplement = FromServer(DebugServer::What::kDebug, id, mapping.file, options, server_note);
  }
  if (!server_note.empty()) files.note = server_note;
  return files;
}

}  // namespace mqtrack::symbolize
