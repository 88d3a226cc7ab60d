#include "libtrack/snapshot/take_snapshot.h"

#include <time.h>

#include "libtrack/procfs/proc_status.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/before_attach.h"
#include "libtrack/snapshot/build_profile.h"
#include "libtrack/snapshot/descriptor_check.h"
#include "libtrack/snapshot/facts.h"

namespace mqtrack::snapshot {
namespace {

using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

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

// The same for all snapshots of a process, from wherever its log is read.
std::string ProcessKey(const log::LogFacts& facts) {
  return std::to_string(facts.pid) + "-" + std::to_string(facts.start_ticks) + "-" +
         std::to_string(facts.pid_namespace);
}

// When a process was killed nobody wrote down: of its log there is no time, nor of one that may have been.
void AddTimes(profile::Profile& profile, const process::RecordedProcess& process, const log::LogFacts& facts,
              bool ends_now) {
  const process::ProcessState state = process::StateOf(process);
  if (state != process::ProcessState::kAlive) AddFact(profile, "state", std::string(process::StateName(state)));
  const bool may_be_old = state == process::ProcessState::kDead || state == process::ProcessState::kUnseen;
  if (may_be_old && !ends_now) return;
  profile.time_nanos = facts.ended_unix_ns != 0 ? facts.ended_unix_ns : UnixNanos();
  if (facts.started_unix_ns <= 0 || profile.time_nanos < facts.started_unix_ns) return;  // the clock was set back
  profile.duration_nanos = profile.time_nanos - facts.started_unix_ns;
  AddFact(profile, "recorded_seconds", std::to_string(profile.duration_nanos / kNanosPerSecond));
}

}  // namespace

Result<profile::Profile> TakeSnapshot(const process::RecordedProcess& process, const Options& options) {
  if (!process.error.empty()) return Error{ErrorCode::kBadInput, process.error, process.log_path};
  const bool recording = process::MayBeRecording(process);
  bool advance = options.advance_generation && recording;
  Result<log::LogReader> reader = Open(process, advance);
  if (!reader) return reader.error();
  // Before the read: whatever is born while we read belongs to the next generation, like all that comes later.
  const std::uint32_t ended = advance ? reader->AdvanceGeneration() : 0;
  const bool descriptors =
      process.where.pid != 0 && reader->Facts().recorded_kinds & log::KindBit(log::Kind::kDescriptor);
  const auto open = descriptors ? procfs::ListOpenDescriptors(process.where.pid) : std::nullopt;
  Result<log::LogContent> content = reader->Read(recording, log::Blocks::kSummed);
  if (!content) return content.error();
  const bool same_pids = process.where.pid == content->facts.pid;  // those of the log mean here what they mean there
  const std::string key = ProcessKey(content->facts);
  content->facts.pid = static_cast<std::uint32_t>(process.Pid());
  if (advance) content->facts.generation = ended;
  std::vector<std::string> notes;
  if (open) notes = CheckDescriptors(*reader, *open, *content);
  if (content->facts.origin == log::Origin::kAttach) UpdateBeforeAttach(same_pids ? process.where.pid : 0, *content);
  if (content->facts.origin == log::Origin::kFork) ShrinkHeapBefore(*content);
  profile::Profile profile = BuildProfile(*content);
  AddFact(profile, "process", key);
  for (const std::string& note : notes) AddFact(profile, "note", note);
  AddTimes(profile, process, content->facts, options.ends_now);
  if (process.where.pid != 0) {
    const auto status = procfs::ReadProcStatus(process.where.pid);
    if (status) AddFact(profile, "rss_bytes", std::to_string(status->resident_bytes));
  }
  if (options.symbolize)
    AddSymbols(profile, options.symbols, process.where.pid, content->modules, content->facts.started_unix_ns);
  return profile;
}

}  // namespace mqtrack::snapshot
