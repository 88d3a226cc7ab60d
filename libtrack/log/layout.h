// The layout of the shared-memory log: what the recorder writes and every reader trusts nothing of.
//
// One file per recorded process. The recorder (preload/) is its only writer of records; the command line maps it
// read-only, and writes two fields, `epoch` and `last_snapshot_unix_ns`, when it takes a snapshot, and `end` when a
// process that it has started ended. Both sides share
// this header and nothing else, so it is freestanding: fixed-width integers, little-endian, no pointers (only file
// offsets), no constructors.
//
//   offset 0            kHeaderBytes                                                         file_bytes (sparse)
//   ┌───────────────────┬──────────────┬───────────────┬───────────────┬─────────────────────┐
//   │ Header            │ segment 0    │ segment 1     │ segment 2 …   │ not reserved: holes │
//   │ facts, counters,  │ live table,  │ stack index   │ arena (stacks,│                     │
//   │ segment directory │ level 0      │ level 0       │ label sets)   │                     │
//   └───────────────────┴──────────────┴───────────────┴───────────────┴─────────────────────┘
//
// Segments are appended and never moved, and each is backed by real memory before its directory entry is published, so
// no write of the recorder can fault. The file's apparent size is the address space set aside; what it really occupies
// is Header::reserved_bytes. A level of the live table can be withdrawn again; its place and its directory entry then
// wait, without memory, for the next level.
//
// Live table. A level is an array of Buckets, a power of two of them. A key hashes to two buckets of every level
// (BucketChoices); it is put into the first unless that is nearly full, in the oldest level while that has room for
// most, else in the newest level that has some, and removed by emptying its slot: there are no tombstones, so a table
// that churned for months is as fast as a new one. A key has one writer at a time, since the recorder removes it before
// the real free and inserts it after the real malloc.
//
// Bucket::state counts what was done to the bucket:
//   bits 0..11   how many things that belong here first are in their second bucket: 0, and nobody need look there. May
//                be too high after a writer was killed, never too low
//   bits 12..15  slots occupied
//   bits 16..63  version: goes up by one with every insert and removal, and wraps
// A writer changes one slot (an insert claims it with kBusyKey, fills it, and stores the key last; a removal clears the
// key), then adds its kStateInsert or kStateRemove in one step. A reader has a copy that existed at one instant if the
// state was the same before and after copying, no slot was being claimed, no key changed meanwhile, and as many slots
// are occupied as the state says. That is the invariant a reader checks; where it does not hold after waiting, a writer
// was killed in between. No field can overflow into another one: only the topmost wraps. With v the version and o the
// slots occupied, (v + o) / 2 things were ever inserted into the bucket, and (v - o) / 2 removed.
//
// Shrinking. Later levels have later directory entries. The newest level is emptied by moving what is in it to older
// ones: an entry is first inserted there like any other, and then taken back where it was (its kStateInsert is
// subtracted), so that sums of versions and slots over the table stay as they were. A reader that looks at the newest
// level first therefore misses nothing that lives all the while; what is moved meanwhile it finds twice. As versions do
// not only rise then, Header::live_steps is another one before and after each series of moves.
// The empty level is withdrawn by one store to Header::withdrawals, which makes two things true at once: the directory
// entry whose `withdrawn` is equal to it no longer counts, and Header::gone_events[withdrawals & 1], which has what the
// versions of withdrawn levels told, does. `kind` is cleared after that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "libtrack/log/kinds.h"
#include "libtrack/log/packet_types.h"

namespace mqtrack::log {

/// The inode of the pid namespace that all others of a machine are below, and from which all processes can be seen:
/// Linux, include/linux/proc_ns.h, PROC_PID_INIT_INO.
inline constexpr std::uint64_t kInitialPidNamespace = 0xEFFFFFFC;

/// First eight bytes of every log.
inline constexpr char kMagic[8] = {'M', 'Q', 'T', 'R', 'L', 'O', 'G', '\n'};
/// Raised with every change of this file that an older reader would misread.
inline constexpr std::uint32_t kVersion = 3;
/// Bytes set aside for the Header at the start of the file.
inline constexpr std::uint64_t kHeaderBytes = 32768;
/// Segments, and everything in the arena, start at a multiple of this.
inline constexpr std::uint64_t kArenaAlign = 8;
/// Deepest stack kept; what is cut is the part nearest to main.
inline constexpr std::uint32_t kMaxFrames = 128;
inline constexpr std::uint32_t kMaxSegments = 256;
inline constexpr std::uint32_t kMaxModules = 4096;
inline constexpr std::uint32_t kMaxPath = 512;
/// Generations stop counting here (20 bits of Bucket::meta).
inline constexpr std::uint32_t kMaxGeneration = (1u << 20) - 1;
/// Largest size Bucket::meta can hold; larger blocks are clipped (44 bits: 16 TiB - 1).
inline constexpr std::uint64_t kMaxBlockBytes = (std::uint64_t{1} << 44) - 1;

/// Offset of an arena record in units of kArenaAlign from the start of the file; 0 means none.
enum class StackId : std::uint32_t { kNone = 0 };
enum class LabelsId : std::uint32_t { kNone = 0 };

enum class SegmentKind : std::uint32_t { kNone = 0, kLiveLevel = 1, kStackIndex = 2, kArena = 3, kModules = 4 };

/// One entry of the segment directory. Published by storing `kind` last (release). Immutable afterwards, but for a
/// level that is withdrawn: its entry may be used again for another one.
struct Segment {
  std::uint32_t kind;       // SegmentKind
  std::uint32_t withdrawn;  // not 0: no longer there once Header::withdrawals is (in its lower 32 bits) this
  std::uint64_t offset;     // from the start of the file, page-aligned
  std::uint64_t bytes;      // page-aligned
  std::uint64_t count;  // kLiveLevel: buckets; kStackIndex: entries; both powers of two. kModules: capacity. kArena: 0
};

inline constexpr std::uint64_t kBusyKey = 1;
inline constexpr std::uint32_t kSlotsPerBucket = 5;

/// What a slot refers to; read and written together.
struct SlotReferences {
  std::uint32_t stack;   // StackId
  std::uint32_t labels;  // LabelsId
};

/// Five slots, one live thing each: two cache lines, of which the first holds all that a search looks at.
struct Bucket {
  std::uint64_t state;
  std::uint64_t keys[kSlotsPerBucket];  // 0 empty, kBusyKey being written, else kind << 60 | address or handle
  std::uint64_t meta[kSlotsPerBucket];  // size in bytes (low 44 bits) | generation << 44
  SlotReferences references[kSlotsPerBucket];
};
inline constexpr std::uint64_t kStateAway = 1;
inline constexpr std::uint64_t kStateAwayMask = 0xfff;
inline constexpr std::uint64_t kStateOccupiedShift = 12;
inline constexpr std::uint64_t kStateOccupiedMask = 0xf;
inline constexpr std::uint64_t kStateVersion = std::uint64_t{1} << 16;
inline constexpr std::uint64_t kStateInsert = kStateVersion + (std::uint64_t{1} << kStateOccupiedShift);
inline constexpr std::uint64_t kStateRemove = kStateVersion - (std::uint64_t{1} << kStateOccupiedShift);

constexpr std::uint64_t AwayIn(std::uint64_t state) { return state & kStateAwayMask; }
constexpr std::uint64_t VersionIn(std::uint64_t state) { return state >> 16; }
constexpr std::uint64_t OccupiedIn(std::uint64_t state) { return state >> kStateOccupiedShift & kStateOccupiedMask; }

/// An entry of the stack index: 0 empty, else upper 32 bits of the stack's hash << 32 | StackId.
/// Entries are never removed. Linear probing over at most kStackIndexProbes entries.
using StackIndexEntry = std::uint64_t;
inline constexpr std::uint32_t kStackIndexProbes = 16;

/// Arena record: one distinct creation stack. Followed by `depth` return addresses, leaf first (the leaf is the caller
/// of the allocation function; every address is a *return* address).
/// Complete before any slot or index entry refers to it; afterwards only the two counters change.
struct StackRecord {
  std::uint32_t tag;      // kStackTag
  std::uint32_t depth;    // 0..kMaxFrames
  std::uint32_t flags;    // StackFlags
  std::uint32_t modules;  // number of modules registered when this stack was first seen: later ones do not apply to it
  std::uint64_t hash;
  std::uint64_t alloc_objects;  // cumulative; sampled mode: in units of 1 / kSampleUnit
  std::uint64_t alloc_bytes;    // likewise
};
inline constexpr std::uint32_t kStackTag = 0x4b435453;  // "STCK"
enum StackFlags : std::uint32_t {
  kStackTruncated = 1,   // deeper than kMaxFrames
  kStackIncomplete = 2,  // the unwinder met a frame that it could not prove and stopped there
  kStackEarly = 4,       // recorded before the recorder's own initialisation was done: the caller only
  kStackSynthetic = 8,   // no addresses; `depth` is 0; the meaning is in `hash` (SyntheticStack)
};
enum class SyntheticStack : std::uint64_t {
  kBeforeAttach = 1,  // made before the recorder was put into the running process
  kUnknown = 2,
  kNotSeenMade = 3,  // readers only
  kInherited = 4     // the program was started with it
};
inline constexpr std::uint64_t kSampleUnit = 256;

/// Arena record: a set of labels. Followed by `count` pairs, each: u8 LabelKey, u8 length, then the bytes of the value
/// (not terminated, not trusted to be UTF-8). `bytes` is the size of all pairs together.
struct LabelsRecord {
  std::uint32_t tag;  // kLabelsTag
  std::uint16_t count;
  std::uint16_t bytes;
  std::uint64_t hash;
};
inline constexpr std::uint32_t kLabelsTag = 0x534c424c;  // "LBLS"
enum class LabelKey : std::uint8_t {
  kThread = 1,
  kState = 2,
  kFdKind = 3,
  kPeer = 4,
  kMqttPacket = 5,
  kMqttClient = 6,
  kMqttTopic = 7,
  kName = 8,
  kRegion = 9,
  kKind = 10,
  kTimerKind = 11,  // "posix", "timerfd", "itimer", "libuv", "libevent"
  kInterval = 12,   // of a periodic timer: "1s", "250ms"
  kStackSize = 13,  // of a thread: "8MiB"
  kFired = 14       // how often a timer expired, as far as that is known: "1+", "10+", "100+" …
};

/// A file mapped into the process. Entries are only appended; Header::module_count is stored last (release).
/// Where ranges overlap (a library was unloaded and another took its place) the later entry counts, for the stacks
/// that were first seen after it was registered (StackRecord::modules).
struct Module {
  std::uint64_t start;  // lowest mapped address
  std::uint64_t end;    // one past the highest
  std::uint64_t bias;   // runtime address - ELF virtual address
  std::uint8_t build_id[32];
  std::uint32_t build_id_bytes;  // 0 if the file has none
  std::uint32_t is_main;         // 1 for the executable
  char path[kMaxPath];           // terminated; as the dynamic loader knew it, made absolute where it could be
};

/// Losses, by reason. Zero in normal work; anything else is shown to the user, and a gate refuses to pass.
enum class Loss : std::uint32_t {
  kTableFull = 0,    // no memory for another level of the live table
  kStackFull = 1,    // no memory for another stack: the block is recorded under SyntheticStack::kUnknown
  kReentered = 2,    // allocated by a signal handler that interrupted the recorder itself
  kBeforeStart = 3,  // allocated before the recorder could open its log, and not known to it
  kForkWindow = 4,   // inherited over fork while other threads were allocating: the child's set may be off by these
  kKeptFree = 5,     // like the first two, where the log's file system had room, which is left to the service
  kCount = 8,
};

/// Of none of these more are counted.
inline constexpr std::uint64_t kMostUnlabelled = 1'000'000;
/// Why things may lack labels of the MQTT packets that caused them, as far as the recorder has noticed. No loss of
/// values.
enum class Unlabelled : std::uint32_t {
  kQueued = 0,     // packets that were read and then put into a queue, or that another thread than their reader handles
  kWebSocket = 1,  // connections that went over to WebSockets
  kTls = 2,        // connections that began as those of TLS do, whoever decrypts them
  kTlsSession = 3,  // TLS sessions that were read by calls which are followed
  kOpenBefore = 4,  // connections that were open when the recorder was attached
  kJoined = 5,      // MQTT connections that were open then, and are followed since: their CONNECT was not seen
  kCount = 8,
};

/// What a broker has to hold, by the packets that it received and sent (docs/mqtt.md, "State").
enum class BrokerFigure : std::uint32_t {
  kConnected = 0,
  kSessions = 1,
  kOffline = 2,
  kSubscriptions = 3,
  kRetained = 4,
  kRetainedSet = 5,
  kRetainedCleared = 6,
  kUnacknowledged = 7,
  kHalfOpen = 8,
  kWills = 9,
  kCount = 16,
};
/// Why these figures are not complete, as far as the recorder has noticed.
enum class BrokerGap : std::uint32_t {
  kManySessions = 0,  // more than there is room for; likewise the next three
  kManySubscriptions = 1,
  kManyRetained = 2,
  kManyUnacknowledged = 3,
  kLostConnection = 4,  // a client's connection could no longer be followed, or never was
  kUnseenWrites = 5,    // and what was written to one
  kAliases = 6,         // of a retained message only an alias was said that is not remembered
  kBridges = 7,         // the broker is a client of another one, too
  kEarlier = 8,         // clients have connected before this log was begun, to the process or to its parent
  kStored = 9,          // the broker knew a session that had not been seen to begin
  kRefusals = 10,       // a subscription was refused, and it is not remembered which
  kExpiry = 11,         // a retained message or a will ends, or begins, at a time that only the broker knows
  kCount = 32,
};
inline constexpr unsigned kSessionLevels = 4;
struct BrokerFigures {
  std::uint64_t is_broker;  // 1: a client has connected to this process
  std::uint64_t gaps;       // 1 << BrokerGap
  std::uint64_t of[static_cast<std::size_t>(BrokerFigure::kCount)];
  std::uint64_t next_expiry;  // CLOCK_REALTIME in seconds at which the first session expires that is counted; 0: none
  std::uint64_t session_levels[kSessionLevels];  // where the tables of broker_sessions.h are in the process; 0: none
};

/// A signal that may have ended the process, as the crash reporter met it (docs/crash.md). Complete once `sequence` is
/// not 0 (release).
struct CrashRecord {
  std::uint32_t sequence;  // how manieth of this process, from 1 on
  std::uint32_t signal;
  std::int32_t code;      // si_code
  std::uint32_t flags;    // CrashFlags
  std::uint64_t address;  // si_addr of a fault; of a signal that was sent the sender's pid
  std::uint64_t unix_ns;
  std::uint32_t pid, tid;
  std::uint32_t stack;   // StackId, the place of the fault first
  std::uint32_t labels;  // LabelsId: the thread's name, and the MQTT packet that it was handling
};
enum CrashFlags : std::uint32_t {
  kCrashHandled = 1,  // the service has a handler of its own, which was called next
  kCrashNoStack = 2,  // the stack could not be read: it was overwritten
};
/// The latest are kept.
inline constexpr std::uint32_t kKeptCrashes = 8;

/// How the process ended, written by the `mqtrack run` that waited for it.
struct EndRecord {
  std::uint32_t kind;           // EndKind
  std::uint32_t status;         // exit code or signal
  std::uint32_t dumped_core;    // 1: the kernel says so
  std::uint32_t out_of_memory;  // OutOfMemory
};
enum class EndKind : std::uint32_t { kUnknown = 0, kExited = 1, kKilled = 2 };
/// Who says that the kernel has killed the process since memory ran out.
enum class OutOfMemory : std::uint32_t {
  kUnknown = 0,    // nobody could be asked, or it was not killed
  kNo = 1,         // its control group has counted no such kill
  kCounted = 2,    // its control group has counted one, of some process in it
  kKernelLog = 3,  // the kernel's log names the process
};

/// Who has asked a broker for what: by the labels of SUBSCRIBE and UNSUBSCRIBE packets, each once. And which sessions
/// are kept while their client is gone, by a hash of its id: so many of them lie in each place.
struct AskedFilters {
  static constexpr std::uint32_t kMostSets = 2048, kPlaces = 1u << 12;
  std::uint64_t unnamed;          // filters of a SUBSCRIBE behind its first one, which no label names
  std::uint64_t count;            // label sets there were; those beyond kMostSets are not kept
  std::uint32_t sets[kMostSets];  // LabelsId; 0: not there yet
  std::uint16_t away[kPlaces];    // by PlaceOf
  /// `hash`: of the client's id, mixed.
  [[nodiscard]] static constexpr std::uint32_t PlaceOf(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) % kPlaces;
  }
};

enum class Mode : std::uint32_t { kExact = 0, kSampled = 1 };
enum class State : std::uint32_t { kStarting = 0, kRecording = 1, kEnded = 2 };
/// How the recorder came into the process.
enum class Origin : std::uint32_t { kPreload = 0, kFork = 1, kAttach = 2 };

/// Facts about the process and totals. 64-bit fields that change while recording are written with atomic operations.
struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t header_bytes;    // kHeaderBytes
  std::uint64_t file_bytes;      // apparent size of the file
  std::uint64_t reserved_bytes;  // really occupied: header and all segments
  std::uint32_t state;           // State
  std::uint32_t mode;            // Mode
  std::uint32_t origin;          // Origin
  std::uint32_t pid;
  std::uint32_t parent_pid;       // when the log was made; 0: attached to
  std::uint32_t uid;              // real uid when the log was created
  std::uint64_t start_ticks;      // /proc/PID/stat field 22: with pid it identifies a process
  std::uint64_t started_unix_ns;  // when recording began, CLOCK_REALTIME
  std::uint64_t ended_unix_ns;    // 0 while recording
  std::uint64_t sample_bytes;     // mean sampling interval; 0 in exact mode
  std::uint64_t epoch;            // the current generation; a reader that takes a snapshot adds 1
  std::uint64_t last_snapshot_unix_ns;
  char exe[kMaxPath];  // /proc/self/exe
  char comm[32];       // short process name
  char cmdline[1024];  // arguments, NUL-separated, cut if longer
  std::uint32_t cmdline_bytes;
  std::uint32_t segment_count;  // entries of `segments` handed out; one whose kind is still 0 is being filled: skip it
  std::uint32_t module_count;   // published entries of the module table, release
  std::uint32_t forwarded_uid_plus_1;  // not 0: a child of fork had dropped privileges and could not create its log
                                       // beside this one; it is in the default directory of this uid
  std::uint64_t recorded_kinds;        // bit 1 << Kind: things of this kind are recorded; of others nothing is known
  std::uint64_t heap_recorded;         // 1 once a heap block was recorded
  std::uint64_t losses[static_cast<std::size_t>(Loss::kCount)];
  std::uint64_t lost_bytes;       // requested bytes of blocks counted under kTableFull
  std::uint64_t unmatched_frees;  // frees of blocks not in the table: allocated before recording, or lost before
  std::uint64_t replaced;         // inserts that found their own key: the free went past the recorder
  Segment segments[kMaxSegments];
  std::uint64_t left_out_kinds;      // those that the recorder could have recorded, and was told not to
  std::uint64_t lost_connections;    // MQTT connections that could no longer be followed: what they cause has no labels
  std::uint64_t freed_before_bytes;  // of blocks from before an attach that were freed since, as the allocator counts
  std::uint64_t live_steps;          // odd while entries are being moved from one level to another
  std::uint64_t withdrawals;         // levels ever withdrawn
  std::uint64_t gone_events[2];      // insertions of things that were removed again, in withdrawn levels
  std::uint64_t pid_namespace;       // inode of that in which `pid` is the process's; 0: not known
  std::uint64_t run;                 // the nanoseconds in kEnvRun (environment.h); 0: not started by `mqtrack run`
  std::uint64_t own_from;            // not 0: what is of an earlier generation was inherited over fork
  std::uint64_t executed;            // 1: it was about to become another program when it ended
  std::uint64_t unlabelled[static_cast<std::size_t>(Unlabelled::kCount)];  // how often; 0 in logs of older recorders
  std::uint64_t counts_packets;                  // 1: the next two say what there was; 0 in logs of older recorders
  std::uint64_t packets_received[kPacketTypes];  // MQTT packets that were read to their end, by type
  std::uint64_t packets_sent[kPacketTypes];      // that were written to their end
  std::uint64_t uncounted_senders;               // connections of whose written packets some were not counted
  BrokerFigures broker;                          // all 0 in logs of older recorders
  std::uint64_t crash_count;                     // signals that the crash reporter met; 0 in logs of older recorders
  CrashRecord crashes[kKeptCrashes];             // the n-th of them, from 1 on, at n % kKeptCrashes
  EndRecord end;
  AskedFilters asked;                            // all 0 in logs of older recorders
};

/// Programs that a run has executed and of which nothing was heard yet, in a table by pid.
inline constexpr std::uint32_t kTallyPids = 1024;
/// How far from its place by hash a pid may lie.
inline constexpr std::uint32_t kTallyProbes = 64;
inline constexpr std::uint32_t kTallyNameBytes = 24;

/// Of one `mqtrack run`, made by it beside the logs: which processes left none. Counted by those processes, which have
/// it mapped for as long as they live: in a chroot, or as another user, they could not open it any more.
///
/// A program that is executed and does not load the recorder cannot say so. Therefore a process that executes something
/// enters its pid before, and a recorder that starts takes its own out again: exec keeps the pid. Where there is no
/// place any more, as many as there are probes were not recorded already.
struct RunTally {
  char magic[8];                            // kTallyMagic
  std::uint64_t left_no_log;                // ended by themselves so soon that the log was removed
  std::uint64_t not_recorded;               // could not have a log
  std::uint64_t last_comm[2];               // name of the last one that left none, as 16 characters
  std::uint64_t owner;                      // user of the run: programs of others cannot open this file
  std::uint64_t pids[kTallyPids];           // 0, or pid << 32 | how often executed minus how often started, as int32
  char names[kTallyPids][kTallyNameBytes];  // of what was executed, for messages
};
inline constexpr char kTallyMagic[8] = {'M', 'Q', 'T', 'R', 'R', 'U', 'N', '\n'};
inline constexpr std::uint64_t kTallyBytes = 36864;
constexpr std::uint32_t TallyPlace(std::uint32_t pid) { return pid * 0x9e3779b1u >> 22; }
constexpr std::uint64_t TallyEntry(std::uint32_t pid, std::uint32_t count) {
  return count == 0 ? 0 : std::uint64_t{pid} << 32 | count;
}

static_assert(sizeof(Segment) == 32 && std::is_trivially_copyable_v<Segment>);
/// True if a directory entry holds a segment when Header::withdrawals is `withdrawals`.
constexpr bool IsPublished(std::uint32_t kind, std::uint32_t withdrawn, std::uint64_t withdrawals) {
  return kind != static_cast<std::uint32_t>(SegmentKind::kNone) &&
         (withdrawn == 0 || withdrawn != static_cast<std::uint32_t>(withdrawals));
}
static_assert(sizeof(Bucket) == 128 && offsetof(Bucket, meta) == 48 && offsetof(Bucket, references) == 88 &&
              std::is_trivially_copyable_v<Bucket>);
static_assert(sizeof(StackRecord) == 40 && offsetof(StackRecord, alloc_objects) == 24);
static_assert(sizeof(LabelsRecord) == 16);
static_assert(sizeof(CrashRecord) == 48 && std::is_trivially_copyable_v<CrashRecord> && sizeof(EndRecord) == 16);
static_assert(sizeof(Module) == 64 + kMaxPath && offsetof(Module, path) == 64);
static_assert(sizeof(RunTally) <= kTallyBytes && offsetof(RunTally, pids) == 48 &&
              std::is_trivially_copyable_v<RunTally>);
static_assert(kTallyPids == 1u << (32 - 22));
static_assert(sizeof(Header) <= kHeaderBytes && std::is_trivially_copyable_v<Header>);
static_assert(offsetof(Header, segments) % 8 == 0);

/// Handle of the heap entry that stands for all blocks from before an attach: no block has this address.
inline constexpr std::uint64_t kHeapBeforeHandle = 1;
/// In handles of threads and timers from before an attach which are known by the kernel's own number of them (as seen
/// from where mqtrack was called): no hook hears of their end, so readers ask the kernel.
inline constexpr std::uint64_t kKernelHandle = std::uint64_t{1} << 59;

constexpr std::uint64_t MakeKey(Kind kind, std::uint64_t handle) {
  return static_cast<std::uint64_t>(kind) << 60 | (handle & ((std::uint64_t{1} << 60) - 1));
}
/// The handle of a thread: a number of the recorder's own, and when it was started. The second is kept here since it is
/// another one for nearly every thread, and label sets stay for ever.
inline constexpr unsigned kThreadStartShift = 20;
constexpr std::uint64_t MakeThreadHandle(std::uint64_t number, std::uint64_t started_unix_seconds) {
  return number | started_unix_seconds << kThreadStartShift;
}
constexpr std::uint64_t ThreadStartOf(std::uint64_t handle) { return handle >> kThreadStartShift; }
constexpr Kind KindOf(std::uint64_t key) { return static_cast<Kind>(key >> 60); }
constexpr std::uint64_t HandleOf(std::uint64_t key) { return key & ((std::uint64_t{1} << 60) - 1); }

constexpr std::uint64_t MakeMeta(std::uint64_t bytes, std::uint32_t generation) {
  return (bytes < kMaxBlockBytes ? bytes : kMaxBlockBytes) |
         static_cast<std::uint64_t>(generation < kMaxGeneration ? generation : kMaxGeneration) << 44;
}
constexpr std::uint64_t BytesOf(std::uint64_t meta) { return meta & kMaxBlockBytes; }
constexpr std::uint32_t GenerationOf(std::uint64_t meta) { return static_cast<std::uint32_t>(meta >> 44); }

/// Finaliser of MurmurHash3 (Austin Appleby, public domain): every input bit affects every output bit.
constexpr std::uint64_t Mix(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}

/// The two buckets of a level with `buckets` (a power of two) that may hold `key`. They may be the same one.
struct BucketChoices {
  std::uint64_t first, second;
};
/// Heap blocks that are neighbours go to neighbouring buckets: a service that works through its queue touches one line
/// after the other, not one at random for each block. 64 KiB of heap share two stretches of 1,024 buckets, which
/// multiplicative hashing (Knuth) spreads evenly; it is the product's upper bits that do. The second stretch runs
/// backwards: blocks that lie at even distances, and meet others' in the one, do not meet them in the other. Other
/// handles may be small numbers, and are hashed first.
constexpr BucketChoices ChooseBuckets(std::uint64_t key, std::uint64_t buckets) {
  const std::uint64_t spread = KindOf(key) == Kind::kHeapBlock ? key : Mix(key);
  const std::uint64_t stretch = (spread >> 16) * 0x9e3779b97f4a7c15ULL, place = spread >> 6 & 1023;
  return {((stretch >> 40) + place) & (buckets - 1), ((stretch >> 20) - place) & (buckets - 1)};
}

/// Hash of a stack, from its return addresses, leaf first.
constexpr std::uint64_t HashStack(const std::uint64_t* pcs, std::uint32_t depth) {
  std::uint64_t h = depth * 0x9e3779b97f4a7c15ULL;
  for (std::uint32_t i = 0; i < depth; ++i) h = (h ^ pcs[i]) * 0x9fb21c651e98df25ULL, h ^= h >> 28;
  return Mix(h);
}

}  // namespace mqtrack::log
