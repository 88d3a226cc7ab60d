#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "libtrack/process/proc_status.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/snapshot/snapshot.h"

namespace mqtrack::snapshot {
namespace {

using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
// More than this many remarks about modules would bury the other facts.
constexpr std::size_t kMostNotes = 4;  // files named in a note

std::int64_t UnixNanos() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
}

// Writable only where the generation is to be advanced; a log that may only be read is still worth a snapshot.
Result<log::LogReader> Open(const process::RecordedProcess& process, bool& advance) {
  if (advance) {
    Result<log::LogReader> writable = log::LogReader::Open(process.log_path, MappedFile::Access::kReadWrite);
    if (writable || writable.error().code != ErrorCode::kSystem) return writable;
    advance = false;
  }
  return log::LogReader::Open(process.log_path, MappedFile::Access::kRead);
}

bool SameFile(const std::string& a, const std::string& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 && first.st_dev == second.st_dev &&
         first.st_ino == second.st_ino;
}

// A process in a container or chroot has its files elsewhere: the kernel shows its root, as long as it runs.
std::string RootOf(const process::RecordedProcess& process, const profile::Profile& profile) {
  if (!process.alive || profile.mappings.empty()) return {};
  const std::string root = "/proc/" + std::to_string(process.facts.pid) + "/root";
  const std::string& program = profile.mappings.front().file;
  struct stat info {};
  if (program.empty() || program[0] != '/' || ::stat((root + program).c_str(), &info) != 0) return {};
  return SameFile(program, root + program) ? std::string() : root;
}

// One note a kind, naming the modules: a broker loads a dozen stripped libraries, and the reader has one thing to do.
void AddSymbolNotes(const symbolize::Report& report, profile::Profile& profile) {
  std::vector<std::pair<std::string, std::vector<std::string>>> kinds;  // what, and the files it is said of
  for (const symbolize::Report::ModuleNote& note : report.notes) {
    const std::string what = note.what.substr(0, note.what.find(" (build id"));
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& known) { return known.first == what; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {what, {}});
    kind->second.push_back(note.file);
  }
  for (const auto& [what, files] : kinds) {
    std::string text;
    for (std::size_t i = 0; i < files.size() && i < kMostNotes; ++i) text += (i == 0 ? "" : ", ") + files[i];
    if (files.size() > kMostNotes) text += " and " + std::to_string(files.size() - kMostNotes) + " more";
    AddFact(profile, "note", text + ": " + what);
  }
}

void AddSymbols(const process::RecordedProcess& process, const Options& options, profile::Profile& profile) {
  symbolize::Options symbols = options.symbols;
  if (symbols.sysroot.empty()) symbols.sysroot = RootOf(process, profile);
  const symbolize::Report report = symbolize::Symbolize(profile, symbols);
  AddSymbolNotes(report, profile);
}

void AddTimes(profile::Profile& profile, const log::LogFacts& facts) {
  profile.time_nanos = facts.ended_unix_ns != 0 ? facts.ended_unix_ns : UnixNanos();
  if (facts.started_unix_ns <= 0 || profile.time_nanos < facts.started_unix_ns) return;  // the clock was set back
  profile.duration_nanos = profile.time_nanos - facts.started_unix_ns;
  AddFact(profile, "recorded_seconds", std::to_string(profile.duration_nanos / kNanosPerSecond));
}

}  // namespace

Result<profile::Profile> TakeSnapshot(const process::RecordedProcess& process, const Options& options) {
  if (!process.error.empty()) return Error{ErrorCode::kBadInput, process.error, process.log_path};
  bool advance = options.advance_generation && process.alive;
  Result<log::LogReader> reader = Open(process, advance);
  if (!reader) return reader.error();
  // Before the read: whatever is born while we read belongs to the next generation, like all that comes later.
  const std::optional<std::uint32_t> ended = advance ? std::optional(reader->AdvanceGeneration()) : std::nullopt;
  Result<log::LogContent> content = reader->Read(process.alive);
  if (!content) return content.error();
  if (ended) content->facts.generation = *ended;
  profile::Profile profile = BuildProfile(*content);
  AddTimes(profile, content->facts);
  if (process.alive) {
    const auto status = process::ReadProcStatus(process.facts.pid);
    if (status) AddFact(profile, "rss_bytes", std::to_string(status->resident_bytes));
  }
  if (options.symbolize) AddSymbols(process, options, profile);
  return profile;
}

}  // namespace mqtrack::snapshot
