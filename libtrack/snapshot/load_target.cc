#include "libtrack/snapshot/load_target.h"

#include <elf.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "libtrack/bundle/bundle.h"
#include "libtrack/profile/formats/foreign_file.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/location_name.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/fetch.h"
#include "libtrack/symbolize/demangle.h"

namespace mqtrack::snapshot {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

/// True of what a snapshot without names says of an address: no more than where it lies. The encoder writes that, since
/// viewers show nothing of what has no lines.
bool IsUnnamed(const profile::Profile& profile, const profile::Location& location) {
  if (location.lines.empty()) return true;
  if (location.lines.size() > 1 || profile::Index(location.mapping) >= profile.mappings.size()) return false;
  return !profile.mappings[profile::Index(location.mapping)].build_id.empty() &&
         profile.function(location.lines[0].function).name == profile::UnsymbolizedName(profile, location);
}

// Profiles may come without symbols; what they have is kept.
void SymbolizeMissing(profile::Profile& profile, const Options& options) {
  if (!options.symbolize) return;
  bool missing = false;
  for (profile::Location& location : profile.locations) {
    if (!IsUnnamed(profile, location)) continue;
    missing = true;
    location.lines.clear();
  }
  if (missing) symbolize::Symbolize(profile, options.symbols);
}

// Converters of other tools leave C++ names as the linker has them; nothing else is done with a name that is readable.
void DemangleNames(profile::Profile& profile) {
  for (profile::Function& function : profile.functions) {
    if (!function.name.starts_with("_Z")) continue;
    if (function.system_name.empty()) function.system_name = function.name;
    function.name = symbolize::ReadableName(function.name);
  }
}

/// ELF's type of a file stands behind its identification.
bool IsCore(std::string_view bytes) {
  return bytes.starts_with("\177ELF") && bytes.size() > EI_NIDENT && bytes[EI_NIDENT] == ET_CORE;
}

bool IsProgram(std::string_view bytes) { return bytes.starts_with("\177ELF") || bytes.starts_with("#!"); }

Result<profile::Profile> Parse(const std::string& bytes, const std::string& where, const Options& options) {
  if (profile::DetectFormat(bytes) == profile::Format::kUnknown) {
    if (IsCore(bytes)) {
      return Error{
          ErrorCode::kBadInput,
          "is a core file, not a snapshot; `mqtrack leaks`, `owners` and `why` look at core files, and its log, "
          "if that is still there, is a TARGET for the others",
          where};
    }
    if (IsProgram(bytes)) {
      return Error{ErrorCode::kBadInput,
                   "is a program, not a snapshot; a recorded process is meant by its name or pid (`mqtrack list`), and "
                   "`mqtrack run -- COMMAND` records one",
                   where};
    }
    if (const auto description = profile::DescribeForeignFile(bytes)) {
      return Error{ErrorCode::kBadInput, *description, where};
    }
    return Error{ErrorCode::kBadInput,
                 std::string(bytes.empty() ? "it is empty" : "neither a log nor a profile") +
                     "; accepted are logs of mqtrack, " + profile::AcceptedProfiles(),
                 where};
  }
  Result<profile::Profile> profile = profile::ParseProfile(bytes, where);
  if (!profile) return profile;
  SymbolizeMissing(*profile, options);
  DemangleNames(*profile);
  return profile;
}

Result<profile::Profile> LoadUrl(const std::string& target, const Options& options) {
  const std::string url = ProfileUrl(target);
  const Result<std::string> body = Fetch(url);
  if (!body) return body.error();
  return Parse(*body, url, options);
}

Result<profile::Profile> LoadLog(const std::string& path, const Options& options) {
  const Result<process::RecordedProcess> process = process::OpenLog(path);
  if (!process) return process.error();
  return TakeSnapshot(*process, options);
}

enum class FileKind {
  kNone,
  kDirectory,
  kBundle,
  kLog,
  kForeign,  // in this folder, and neither a log nor a profile: a recorded process of this name is meant before it
  kOther
};

bool StartsLikeLog(const std::string& path) {
  const Result<support::MappedFile> file = support::MappedFile::Open(path, support::MappedFile::Access::kRead);
  if (!file || file->size() < sizeof log::kMagic) return false;
  if (std::memcmp(file->data(), log::kMagic, sizeof log::kMagic) == 0) return true;
  // A log that is just being created has no magic yet.
  const auto* bytes = reinterpret_cast<const char*>(file->data());
  return path.ends_with(".log") && std::all_of(bytes, bytes + sizeof log::kMagic, [](char c) { return c == 0; });
}

// What lies in the folder of a service bears the service's name: its program, its configuration.
bool IsForeign(const std::string& path) {
  constexpr std::size_t kEnough = 4096;  // to tell the format
  std::ifstream file(path, std::ios::binary);
  std::string start(kEnough, '\0');
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(file.gcount()));
  return !start.empty() && profile::DetectFormat(start) == profile::Format::kUnknown;
}

bool LooksLikeFileName(const std::string& target) {
  return target.find('/') != std::string::npos || target.ends_with(".gz") || target.ends_with(".pb") ||
         target.ends_with(".log");
}

FileKind Examine(const std::string& target) {
  if (target == "-") return FileKind::kOther;
  struct stat info {};
  // What is there but may not be looked at is for the reader to refuse, in its own words.
  if (::stat(target.c_str(), &info) != 0) return errno == EACCES ? FileKind::kOther : FileKind::kNone;
  if (bundle::IsBundle(target)) return FileKind::kBundle;
  if (S_ISDIR(info.st_mode)) return FileKind::kDirectory;
  // Of a process that was killed, or had no room, when it had only created it.
  if (S_ISREG(info.st_mode) && info.st_size == 0 && target.ends_with(".log")) return FileKind::kLog;
  if (!S_ISREG(info.st_mode)) return FileKind::kOther;
  if (StartsLikeLog(target)) return FileKind::kLog;
  return !LooksLikeFileName(target) && IsForeign(target) ? FileKind::kForeign : FileKind::kOther;
}

Result<profile::Profile> LoadFile(const std::string& path, const Options& options) {
  const Result<std::string> bytes = support::ReadFile(path);
  if (!bytes) return bytes.error();
  return Parse(*bytes, path, options);
}

/// A snapshot with its files. What they name is named, unless names are not wanted.
Result<profile::Profile> LoadBundle(const std::string& path, const Options& options) {
  const Result<bundle::OpenBundle> opened = bundle::OpenBundle::Open(path);
  if (!opened) return opened.error();
  Options inside = options;
  inside.symbolize = false;
  Result<profile::Profile> profile = LoadFile(opened->snapshot(), inside);
  if (!profile) return Error{profile.error().code, "its snapshot: " + profile.error().text, path};
  inside.symbols.debug_dirs.push_back(opened->folder());
  if (options.symbolize) AddNamesLater(*profile, inside.symbols);
  return profile;
}

Result<profile::Profile> LoadProcessOrFile(const std::string& target, const Options& options) {
  const Result<process::RecordedProcess> process = process::FindRecorded(target, options.log_dir);
  if (process) return TakeSnapshot(*process, options);
  const bool none = process.error().code == ErrorCode::kNotFound || process.error().code == ErrorCode::kCannotMeasure;
  return none ? LoadFile(target, options) : process.error();
}

}  // namespace

bool IsFileOrUrl(const std::string& target) {
  if (IsUrl(target) || LooksLikeFileName(target)) return true;
  const FileKind kind = Examine(target);
  return kind == FileKind::kLog || kind == FileKind::kBundle || kind == FileKind::kOther;
}

TargetState StateOfTarget(const std::string& target, const Options& options) {
  if (IsUrl(target)) return TargetState::kRunning;
  const FileKind kind = Examine(target);
  if (kind == FileKind::kOther || kind == FileKind::kBundle) return TargetState::kSaved;
  const Result<process::RecordedProcess> process =
      kind == FileKind::kLog ? process::OpenLog(target) : process::FindRecorded(target, options.log_dir);
  return process && process::MayBeRecording(*process) ? TargetState::kRunning : TargetState::kEnded;
}

Result<profile::Profile> LoadTarget(const std::string& target, const Options& options) {
  if (IsUrl(target)) return LoadUrl(target, options);
  const FileKind kind = Examine(target);
  if (kind == FileKind::kLog) return LoadLog(target, options);
  if (kind == FileKind::kBundle) return LoadBundle(target, options);
  if (kind == FileKind::kOther) return LoadFile(target, options);
  if (kind == FileKind::kForeign) return LoadProcessOrFile(target, options);
  const bool path = target.find('/') != std::string::npos;
  if (path && kind == FileKind::kDirectory) {
    return Error{ErrorCode::kBadInput, "is a directory; name a file in it, or a recorded process", target};
  }
  if (LooksLikeFileName(target)) return Error{ErrorCode::kNotFound, "no such file", target};
  const Result<process::RecordedProcess> process = process::FindRecorded(target, options.log_dir);
  if (!process) return process.error();
  return TakeSnapshot(*process, options);
}

}  // namespace mqtrack::snapshot
