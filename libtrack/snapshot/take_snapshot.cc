#include "libtrack/snapshot/take_snapshot.h"

#include <algorithm>
#include <set>
#include <vector>

#include "libtrack/process/recordable.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/procfs/memory_room.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/resident_memory.h"
#include "libtrack/procfs/unsent_bytes.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/snapshot/asked_facts.h"
#include "libtrack/snapshot/before_attach.h"
#include "libtrack/snapshot/build_profile.h"
#include "libtrack/snapshot/crash_story.h"
#include "libtrack/snapshot/descriptor_check.h"
#include "libtrack/snapshot/facts.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::snapshot {
namespace {

using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

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

/// Takes out what a child of fork has inherited: it is told in the process that made it. The bytes of its blocks.
std::uint64_t LeaveOutInherited(log::LogContent& content) {
  const std::uint32_t own_from = content.facts.own_from;
  std::uint64_t bytes = 0;
  std::erase_if(content.live, [&](const log::LiveEntry& entry) {
    const bool is_inherited = entry.generation < own_from;
    if (is_inherited && entry.kind == log::Kind::kHeapBlock) bytes = log::SaturatingAdd(bytes, entry.bytes);
    return is_inherited;
  });
  std::erase_if(content.blocks, [&](const log::BlockGroup& group) {
    const bool is_inherited = group.generation < own_from;
    if (is_inherited) bytes = log::SaturatingAdd(bytes, group.bytes);
    return is_inherited;
  });
  return bytes;
}

/// Not one block was recorded, and there is no allocator that would explain it.
bool MadeNoBlock(const log::LogFacts& facts) {
  const bool records_heap = (facts.recorded_kinds & log::KindBit(log::Kind::kHeapBlock)) != 0;
  return records_heap && !facts.heap_recorded && facts.unseen_call.empty() && facts.origin != log::Origin::kAttach &&
         !process::MayHaveUnseenAllocator(facts.exe);
}

bool HasChild(const log::LogFacts& parent, const log::LogFacts& child) {
  return child.parent_pid == parent.pid && child.pid != parent.pid && child.pid_namespace == parent.pid_namespace &&
         child.started_unix_ns >= parent.started_unix_ns;
}

/// What of the same tree of processes is not in this snapshot.
void AddRunFacts(profile::Profile& profile, const process::RecordedProcess& process, const Options& options) {
  std::optional<process::RunCounts> counts;
  if (options.run_counts != nullptr)
    counts = *options.run_counts;
  else
    counts = process::ReadRunCounts(process.log_path, process.facts.run);
  if (counts && counts->left_no_log != 0) AddFact(profile, "left_no_log", std::to_string(counts->left_no_log));
  if (counts && counts->NotRecorded() != 0) {
    AddFact(profile, "not_recorded_processes", std::to_string(counts->NotRecorded()));
    for (const std::string& name : counts->UnrecordedNames()) AddFact(profile, "not_recorded_program", name);
  }
  if (!options.tell_of_others) return;
  const std::size_t slash = process.log_path.find_last_of('/');
  const auto logs = process::ListRecorded(slash == std::string::npos ? "." : process.log_path.substr(0, slash));
  if (!logs) return;
  std::vector<const process::RecordedProcess*> tree = {&process};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const process::RecordedProcess& other : *logs) {
      if (!other.error.empty() || !HasChild(tree[i]->facts, other.facts)) continue;
      if (std::find(tree.begin(), tree.end(), &other) != tree.end()) continue;
      tree.push_back(&other);
      AddFact(profile, "elsewhere", other.facts.comm + " (pid " + std::to_string(other.Pid()) + ")");
    }
  }
}

// When a process was killed nobody wrote down: of its log there is no time, nor of one that may have been.
void AddTimes(profile::Profile& profile, const process::RecordedProcess& process, const log::LogFacts& facts,
              const Options& options) {
  process::ProcessState state = process::StateOf(process);
  if (state == process::ProcessState::kDead && options.has_exited) state = process::ProcessState::kEnded;
  if (state != process::ProcessState::kAlive) AddFact(profile, "state", std::string(process::StateName(state)));
  const bool may_be_old = state == process::ProcessState::kDead || state == process::ProcessState::kUnseen;
  if (may_be_old && !options.ends_now) return;
  profile.time_nanos = facts.ended_unix_ns != 0 ? facts.ended_unix_ns : support::UnixNanosNow();
  if (facts.started_unix_ns <= 0 || profile.time_nanos < facts.started_unix_ns) return;  // the clock was set back
  profile.duration_nanos = profile.time_nanos - facts.started_unix_ns;
  AddFact(profile, "recorded_seconds", std::to_string(profile.duration_nanos / kNanosPerSecond));
}

// What the kernel counts, and beside it the live heap blocks of the same moment: a filter may leave these out later.
void AddMemory(profile::Profile& profile, const process::RecordedProcess& process, bool walk_pages) {
  const auto status = procfs::ReadProcStatus(process.where.pid);
  if (!status) return;
  AddFact(profile, "rss_bytes", std::to_string(status->resident_bytes));
  if (const auto room = procfs::ReadMemoryRoom(process.where.pid)) {
    AddFact(profile, "memory_room_bytes", std::to_string(room->bytes));
    AddFact(profile, "memory_room_of", room->limit);
  }
  if (!walk_pages) return;
  const auto resident = procfs::ReadResident(static_cast<pid_t>(process.where.pid), process.log_path);
  if (!resident) return;
  if (resident->log_is_mapped) AddFact(profile, "recorder_rss_bytes", std::to_string(resident->recorder_bytes));
  AddFact(profile, "anonymous_bytes", std::to_string(resident->anonymous_bytes));
  const Result<std::size_t> heap = profile::FindSampleType(profile, std::string(profile::kInuseSpace));
  if (heap) AddFact(profile, "live_heap_bytes", std::to_string(profile::Total(profile, *heap)));
}

/// Descriptors whose peers leave more unread than what may be on its way.
std::set<std::uint64_t> StalledDescriptors(std::int64_t pid, const procfs::OpenDescriptors& open) {
  constexpr std::int64_t kMuch = 2048;
  std::set<std::uint64_t> stalled;
  const std::map<std::string, std::int64_t> unsent = procfs::UnsentBytes(pid);
  for (const auto& [number, target] : open) {
    const auto found = unsent.find(target);
    if (found != unsent.end() && found->second >= kMuch) stalled.insert(number);
  }
  return stalled;
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
  const std::uint64_t inherited = options.leave_out_inherited ? LeaveOutInherited(*content) : 0;
  profile::Profile profile = BuildProfile(*content);
  AddFact(profile, "process", key);
  AddFact(profile, "recording", std::to_string(content->facts.started_unix_ns));
  const bool is_broker = content->facts.broker.is_broker != 0;
  AddAskedFacts(profile, *content,
                open && is_broker ? StalledDescriptors(process.where.pid, *open) : std::set<std::uint64_t>());
  if (inherited != 0) AddFact(profile, "inherited_bytes", std::to_string(inherited));
  if (MadeNoBlock(content->facts)) AddFact(profile, "no_allocation", "1");
  AddRunFacts(profile, process, options);
  for (const std::string& note : notes) AddFact(profile, "note", note);
  AddTimes(profile, process, content->facts, options);
  if (process.where.pid != 0) AddMemory(profile, process, options.walk_pages);
  if (!process.IsAlive()) {
    const Result<EndStory> end = ReadEnd(process, options);
    const std::string words = end ? EndSentence(*end) : std::string();
    if (!words.empty()) AddFact(profile, "end", words);
  }
  AddFact(profile, "log_bytes", std::to_string(content->facts.reserved_bytes));
  if (options.symbolize)
    AddSymbols(profile, options.symbols, process.where.pid, content->modules, content->facts.started_unix_ns);
  return profile;
}

}  // namespace mqtrack::snapshot
