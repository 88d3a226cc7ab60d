// Order of reading, which the consistency rests on: live entries first, then the stacks and label sets they refer to
// (complete before anything refers to them), then the modules (only appended), then the counters.
#include "libtrack/log/reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "libtrack/log/arena_reader.h"
#include "libtrack/log/directory.h"
#include "libtrack/log/live_table_reader.h"
#include "libtrack/log/unseen_call.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::log {
namespace {

using support::Error;
using support::ErrorCode;
using support::MappedFile;
using support::Result;
using support::Status;

static_assert(sizeof(Header) <= kUnseenCallAt && kUnseenCallAt + sizeof(UnseenCall) == kHeaderBytes);

constexpr std::size_t kLossCount = static_cast<std::size_t>(Loss::kCount);

/// Nobody will leave the bucket that a writer was killed in.
constexpr Patience kNoPatience = {.spins = 0, .yields = 0, .sleeps_per_bucket = 0, .sleeps_in_all = 0};

template <std::size_t N>
std::string Text(const char (&field)[N]) {
  return std::string(field, ::strnlen(field, N));
}

std::vector<std::string> SplitArguments(const Header& header) {
  const std::size_t bytes = std::min<std::size_t>(header.cmdline_bytes, sizeof header.cmdline);
  std::vector<std::string> arguments;
  std::string current;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (header.cmdline[i] != '\0') {
      current += header.cmdline[i];
      continue;
    }
    arguments.push_back(std::move(current));
    current.clear();
  }
  if (!current.empty()) arguments.push_back(std::move(current));
  return arguments;
}

std::uint32_t ClampGeneration(std::uint64_t epoch) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(epoch, kMaxGeneration));
}

/// Those that the crash reporter has finished at least in part.
std::vector<CrashRecord> ReadCrashes(const Header& header) {
  std::vector<CrashRecord> crashes;
  for (const CrashRecord& crash : header.crashes) {
    if (Load(crash.sequence) == 0) continue;
    crashes.push_back({Load(crash.sequence), Load(crash.signal), Load(crash.code), Load(crash.flags),
                       Load(crash.address), Load(crash.unix_ns), Load(crash.pid), Load(crash.tid), Load(crash.stack),
                       Load(crash.labels)});
  }
  std::sort(crashes.begin(), crashes.end(),
            [](const CrashRecord& a, const CrashRecord& b) { return a.sequence < b.sequence; });
  return crashes;
}

}  // namespace

std::uint64_t LogFacts::TotalLosses() const {
  return std::accumulate(std::begin(losses), std::end(losses), std::uint64_t{0});
}

Result<LogReader> LogReader::Open(const std::string& path, MappedFile::Access access) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0) {
    return Error{ErrorCode::kCannotMeasure,
                 "not yet recording: the log is still empty; try again in a moment (a full disk leaves it so)", path};
  }
  Result<MappedFile> file = MappedFile::Open(path, access);
  if (!file) return file.error();
  const std::span<std::byte> bytes(file->data(), file->size());
  LogReader reader(std::move(*file), bytes, path);
  if (Status checked = reader.Check(); !checked) return checked.error();
  return reader;
}

Result<LogReader> LogReader::OpenBytes(std::span<std::byte> bytes, const std::string& where) {
  LogReader reader(std::nullopt, bytes, where);
  if (Status checked = reader.Check(); !checked) return checked.error();
  return reader;
}

Status LogReader::Check() const {
  const LogView view(bytes_.data(), bytes_.size(), path_);
  if (Status checked = CheckHeader(view, path_); !checked) return checked.error();
  if (Result<Directory> directory = ReadDirectory(view); !directory) return directory.error();
  return {};
}

LogFacts LogReader::Facts() const {
  const LogView view(bytes_.data(), bytes_.size(), path_);
  const Header& header = view.header();
  LogFacts facts;
  facts.path = path_;
  facts.state = static_cast<State>(Load(header.state));
  facts.mode = static_cast<Mode>(header.mode);
  facts.origin = static_cast<Origin>(header.origin);
  facts.pid = header.pid;
  facts.parent_pid = header.parent_pid;
  if (header.forwarded_uid_plus_1 != 0) facts.forwarded_uid = header.forwarded_uid_plus_1 - 1;
  facts.uid = header.uid;
  facts.start_ticks = header.start_ticks;
  facts.pid_namespace = header.pid_namespace;
  facts.run = header.run;
  facts.own_from = ClampGeneration(Load(header.own_from));
  facts.executed = Load(header.executed) != 0;
  facts.started_unix_ns = static_cast<std::int64_t>(header.started_unix_ns);
  facts.ended_unix_ns = static_cast<std::int64_t>(Load(header.ended_unix_ns));
  facts.last_snapshot_unix_ns = static_cast<std::int64_t>(Load(header.last_snapshot_unix_ns));
  facts.sample_bytes = header.sample_bytes;
  facts.recorded_kinds = header.recorded_kinds;
  facts.left_out_kinds = header.left_out_kinds;
  facts.generation = ClampGeneration(Load(header.epoch));
  facts.exe = Text(header.exe);
  facts.comm = Text(header.comm);
  facts.cmdline = SplitArguments(header);
  facts.reserved_bytes = Load(header.reserved_bytes);
  for (std::size_t i = 0; i < kLossCount; ++i) facts.losses[i] = Load(header.losses[i]);
  facts.lost_bytes = Load(header.lost_bytes);
  facts.unmatched_frees = Load(header.unmatched_frees);
  facts.replaced = Load(header.replaced);
  facts.freed_before_bytes = Load(header.freed_before_bytes);
  facts.lost_connections = Load(header.lost_connections);
  for (std::size_t i = 0; i < std::size(facts.unlabelled); ++i) facts.unlabelled[i] = Load(header.unlabelled[i]);
  facts.counts_packets = Load(header.counts_packets) != 0;
  for (std::size_t i = 0; i < kPacketTypes; ++i) {
    facts.packets_received[i] = Load(header.packets_received[i]);
    facts.packets_sent[i] = Load(header.packets_sent[i]);
  }
  facts.uncounted_senders = Load(header.uncounted_senders);
  facts.broker.is_broker = Load(header.broker.is_broker);
  facts.broker.gaps = Load(header.broker.gaps);
  facts.broker.next_expiry = Load(header.broker.next_expiry);
  for (std::size_t i = 0; i < std::size(facts.broker.of); ++i) facts.broker.of[i] = Load(header.broker.of[i]);
  for (unsigned i = 0; i < kSessionLevels; ++i) facts.broker.session_levels[i] = Load(header.broker.session_levels[i]);
  facts.crashes = ReadCrashes(header);
  facts.crash_pid = header.pid;
  facts.end = {Load(header.end.kind), Load(header.end.status), Load(header.end.dumped_core),
               Load(header.end.out_of_memory)};
  facts.heap_recorded = Load(header.heap_recorded) != 0;
  const UnseenCall& unseen = *view.At<UnseenCall>(kUnseenCallAt);
  if (Load(unseen.function[0]) != '\0') {
    facts.unseen_call = Text(unseen.function);
    facts.unseen_caller = Text(unseen.file);
  }
  return facts;
}

std::uint32_t LogReader::AdvanceGeneration() {
  auto& header = *reinterpret_cast<Header*>(bytes_.data());
  std::atomic_ref<std::uint64_t> epoch(header.epoch);
  std::uint64_t ended = epoch.load();
  while (ended < kMaxGeneration && !epoch.compare_exchange_weak(ended, ended + 1)) {
  }
  std::atomic_ref<std::uint64_t>(header.last_snapshot_unix_ns)
      .store(static_cast<std::uint64_t>(support::UnixNanosNow()));
  return ClampGeneration(ended);
}

void LogReader::NoteEnd(const EndRecord& end) {
  auto& header = *reinterpret_cast<Header*>(bytes_.data());
  std::atomic_ref<std::uint32_t>(header.end.status).store(end.status);
  std::atomic_ref<std::uint32_t>(header.end.dumped_core).store(end.dumped_core);
  std::atomic_ref<std::uint32_t>(header.end.out_of_memory).store(end.out_of_memory);
  std::atomic_ref<std::uint32_t>(header.end.kind).store(end.kind);
}

namespace {

AskedFilters ReadAsked(const AskedFilters& there) {
  AskedFilters asked = {};
  asked.unnamed = Load(there.unnamed);
  asked.count = Load(there.count);
  for (std::size_t i = 0; i < std::size(asked.sets); ++i) asked.sets[i] = Load(there.sets[i]);
  for (std::size_t i = 0; i < std::size(asked.away); ++i) asked.away[i] = Load(there.away[i]);
  return asked;
}

}  // namespace

Result<LogContent> LogReader::Read(bool writer_alive, Blocks blocks, const Patience& patience) const {
  const LogView view(bytes_.data(), bytes_.size(), path_);
  if (static_cast<State>(Load(view.header().state)) == State::kStarting) {
    return Error{ErrorCode::kCannotMeasure,
                 "not yet recording: the recorder has not finished starting, or the process died before it had; "
                 "try again in a moment",
                 path_};
  }
  Result<LiveTable> table = ReadLiveTable(view, writer_alive ? patience : kNoPatience, blocks);
  if (!table) return table.error();
  LogContent content;
  content.live = std::move(table->entries);
  content.blocks = std::move(table->blocks);
  content.in_flight = table->in_flight;
  content.inserted = table->inserted;
  content.removed = table->removed;
  References references;
  references.AddAll(content.live);
  references.AddAll(content.blocks);
  for (const CrashRecord& crash : ReadCrashes(view.header())) {
    if (crash.stack != 0) references.stacks.Insert(crash.stack);
    if (crash.labels != 0) references.labels.Insert(crash.labels);
  }
  content.asked = ReadAsked(view.header().asked);
  for (const std::uint32_t set : content.asked.sets) references.labels.Insert(set);
  auto stacks = ReadStacks(view, std::move(references.stacks));
  if (!stacks) return stacks.error();
  content.stacks = std::move(*stacks);
  auto labels = ReadLabelSets(view, references.labels);
  if (!labels) return labels.error();
  content.label_sets = std::move(*labels);
  auto modules = ReadModules(view);
  if (!modules) return modules.error();
  content.modules = std::move(*modules);
  content.facts = Facts();
  return content;
}

}  // namespace mqtrack::log
