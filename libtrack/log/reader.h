// Reads a log, of a live or a dead process, without stopping anyone. Everything in the file is treated as hostile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libtrack/log/block_sums.h"
#include "libtrack/log/layout.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::log {

/// The header's facts, checked and copied.
struct LogFacts {
  std::string path;
  State state = State::kStarting;
  Mode mode = Mode::kExact;
  Origin origin = Origin::kPreload;
  std::uint32_t pid = 0, parent_pid = 0, uid = 0;
  std::optional<std::uint32_t> forwarded_uid;  // a forked child's log is in this user's default directory
  std::uint64_t start_ticks = 0;
  std::uint64_t pid_namespace = 0;  // inode of that in which the pids are; 0: not known
  std::uint64_t run = 0;            // of which `mqtrack run` it is; 0: of none
  std::uint32_t own_from = 0;       // not 0: what is of an earlier generation was inherited over fork
  bool executed = false;            // it ended to become another program
  std::int64_t started_unix_ns = 0, ended_unix_ns = 0, last_snapshot_unix_ns = 0;
  std::uint64_t sample_bytes = 0;
  std::uint64_t recorded_kinds = 0;  // KindBits: of other kinds nothing is known
  std::uint64_t left_out_kinds = 0;  // KindBits: not recorded on request
  std::uint32_t generation = 0;
  std::string exe, comm;
  std::vector<std::string> cmdline;
  std::uint64_t reserved_bytes = 0;
  std::uint64_t losses[static_cast<std::size_t>(Loss::kCount)] = {};
  std::uint64_t lost_bytes = 0, unmatched_frees = 0, replaced = 0;
  std::uint64_t freed_before_bytes = 0;  // of the heap from before an attach
  std::uint64_t lost_connections = 0;  // MQTT connections that could not be followed: no loss of values, but of labels
  std::uint64_t unlabelled[static_cast<std::size_t>(Unlabelled::kCount)] = {};
  bool counts_packets = false;  // false: nothing is known of the next three
  std::uint64_t packets_received[kPacketTypes] = {}, packets_sent[kPacketTypes] = {};
  std::uint64_t uncounted_senders = 0;
  std::vector<CrashRecord> crashes;        // those kept and complete, the earliest first
  std::uint32_t crash_pid = 0;             // by which the crash reporter calls this process
  EndRecord end = {};                      // nothing is known if `kind` is 0
  BrokerFigures broker = {};               // nothing is known unless `is_broker`
  bool heap_recorded = false;              // a heap block was recorded, be it alive or not
  std::string unseen_call, unseen_caller;  // an allocator's own function and the file that calls it (unseen_call.h)
  [[nodiscard]] std::uint64_t TotalLosses() const;
  /// "mallocx in bridge", or nothing.
  [[nodiscard]] std::string UnseenCall() const {
    return unseen_call.empty() ? unseen_call : unseen_call + " in " + unseen_caller;
  }
  /// The mean sampling interval in bytes; 0 in exact mode.
  [[nodiscard]] std::uint64_t SamplingInterval() const { return mode == Mode::kSampled ? sample_bytes : 0; }
};

/// A live thing, copied out of the table.
struct LiveEntry {
  Kind kind = Kind::kNone;
  std::uint64_t handle = 0;  // address of a heap block
  std::uint64_t bytes = 0;
  std::uint32_t generation = 0;
  StackId stack{};
  LabelsId labels{};
};

struct Stack {
  StackId id{};
  std::uint32_t flags = 0;  // StackFlags
  std::uint32_t modules = 0;
  SyntheticStack synthetic{};                        // if flags & kStackSynthetic
  std::vector<std::uint64_t> addresses;              // return addresses, leaf first
  std::uint64_t alloc_objects = 0, alloc_bytes = 0;  // raw, see layout.h for sampled mode
};

struct LogModule {
  std::uint64_t start = 0, end = 0, bias = 0;
  std::string build_id;  // hex
  bool is_main = false;
  std::string path;
};

using LabelPairs = std::vector<std::pair<LabelKey, std::string>>;

/// How heap blocks are read: there may be millions, while all else together is thousands.
enum class Blocks {
  kEach,    // as entries, some 40 bytes each
  kSummed,  // as groups; what the heap held before an attach is an entry all the same
};

/// Everything in a log at (about) one moment: each bucket of the live table as it was at one instant, each block once.
struct LogContent {
  LogFacts facts;
  std::vector<LiveEntry> live;                              // Blocks::kSummed: everything but heap blocks
  std::vector<BlockGroup> blocks;                           // Blocks::kSummed: the heap blocks
  std::vector<Stack> stacks;                                // every distinct stack, sorted by id
  std::vector<std::pair<LabelsId, LabelPairs>> label_sets;  // every one that a live entry or `asked` refers to, by id
  std::vector<LogModule> modules;                           // in registration order
  AskedFilters asked = {};
  std::uint64_t inserted = 0, removed = 0;  // things ever entered into the live table, and taken out of it
  std::uint64_t in_flight = 0;  // entries a writer was in the middle of (of a killed process: left so for ever)
};

/// How long to wait for writers: a few spins and yields per bucket (a writer is inside for nanoseconds), then short
/// sleeps of 0.1 ms, from a budget of the whole read, in case the writer was descheduled. About 0.3 s in the worst
/// case.
struct Patience {
  int spins = 64;   // per bucket
  int yields = 64;  // per bucket
  int sleeps_per_bucket = 200;
  int sleeps_in_all = 3000;
};

/// An open log. Not thread-safe. The file may be written to by its process all the while.
class LogReader {
 public:
  /// Maps the log; checks magic, version, sizes and the segment directory. Access::kReadWrite is needed to advance the
  /// generation. A foreign version is ErrorCode::kCannotMeasure, anything malformed kBadInput with offset, expected,
  /// found.
  [[nodiscard]] static support::Result<LogReader> Open(const std::string& path, support::MappedFile::Access access);
  /// The same of a log's bytes in memory, which begin at a multiple of 8 and outlive the reader. `where` names them in
  /// errors.
  [[nodiscard]] static support::Result<LogReader> OpenBytes(std::span<std::byte> bytes, const std::string& where);

  /// Facts as they are now.
  [[nodiscard]] LogFacts Facts() const;
  /// Starts the next generation (atomically, at most kMaxGeneration) and returns the one that ended.
  /// Must have been opened kReadWrite.
  std::uint32_t AdvanceGeneration();
  /// Writes down how the process ended. Must have been opened kReadWrite.
  void NoteEnd(const EndRecord& end);
  /// Copies everything. `writer_alive`: wait for writers inside a bucket, within the bounds of `patience`; else take
  /// what is complete.
  [[nodiscard]] support::Result<LogContent> Read(bool writer_alive, Blocks blocks = Blocks::kEach,
                                                 const Patience& patience = {}) const;

 private:
  LogReader(std::optional<support::MappedFile> file, std::span<std::byte> bytes, std::string path)
      : file_(std::move(file)), bytes_(bytes), path_(std::move(path)) {}
  /// An error unless this is a log that can be read.
  [[nodiscard]] support::Status Check() const;

  std::optional<support::MappedFile> file_;  // of which `bytes_` is the mapping; none: they are somebody else's
  std::span<std::byte> bytes_;
  std::string path_;
};

}  // namespace mqtrack::log
