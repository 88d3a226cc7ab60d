// The table of kinds: what a recording counts. Each sample type of a snapshot is one row of kSampleKinds, and
// everything else reads its row: what can be left out of a recording, the columns of a snapshot, --by and the help, the
// words of tables, pictures and gates, docs/formats.md and the completions. tests/unit/one_place/one_place.py insists
// that no other file repeats what stands here. To add a sample type is to add a row, its Kind, and the hooks that
// record it.
//
// Shared by recorder and readers, so it is freestanding and includes nothing of the project.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::log {

/// What a live-table entry counts; in the top four bits of its key. 0 marks an empty slot.
enum class Kind : std::uint8_t {
  kNone = 0,
  kHeapBlock = 1,
  kThread = 2,
  kTimer = 3,
  kDescriptor = 4,
  kMapping = 5,
  kMqttClient = 6,
  kMqttSubscription = 7,
  kCustom = 8  // whatever the service says through track/track.h; its name is the label kKind
};

constexpr std::uint64_t KindBit(Kind kind) { return std::uint64_t{1} << static_cast<unsigned>(kind); }

/// How much of a kind a sample type tells. Live is what is there now; ever is cumulative since the recorder started,
/// and grows with a run's length whether anything leaks or not.
enum class Measure : std::uint8_t { kLiveCount, kLiveBytes, kEverCount, kEverBytes };
constexpr bool IsCumulative(Measure measure) {
  return measure == Measure::kEverCount || measure == Measure::kEverBytes;
}
constexpr bool IsBytes(Measure measure) { return measure == Measure::kLiveBytes || measure == Measure::kEverBytes; }
/// What counts the things that `measure` weighs.
constexpr Measure CountOf(Measure measure) { return IsCumulative(measure) ? Measure::kEverCount : Measure::kLiveCount; }

/// One sample type. Its unit is the measure's; its count sibling is the row of the same kind with CountOf its measure.
struct SampleKind {
  const char* name = "";
  const char* older_name = "";  // what files of other producers call the same
  Kind kind = Kind::kNone;      // kNone: other producers count it, the recorder does not
  Measure measure = Measure::kLiveCount;
  const char* without = "";  // what leaves it out of a recording: run --without NAME; the same for all rows of a kind
  const char* many = "";     // in sentences: "live bytes"
  const char* one = "";
  const char* meaning = "";    // one value of it is one …: for help and documents
  bool tells_growth = false;   // one row a kind: the type that says whether more of the kind is alive
  bool made_by_owner = false;  // things that an object makes in its constructor: whoever makes the object is to blame
};

/// In the order of the columns of a snapshot. Readers that know nothing of types open the last one.
inline constexpr SampleKind kSampleKinds[] = {
    {.name = "goroutine", .many = "goroutines", .one = "goroutine", .meaning = "goroutine of a Go service"},
    {.name = "resources",
     .kind = Kind::kCustom,
     .without = "resources",
     .many = "resources of its own",
     .one = "resource of its own",
     .meaning = "resource that the service has named",
     .tells_growth = true},
    {.name = "resource_space",
     .kind = Kind::kCustom,
     .measure = Measure::kLiveBytes,
     .without = "resources",
     .many = "bytes of resources of its own",
     .one = "byte of resources of its own",
     .meaning = "byte of the resources that the service has named"},
    {.name = "mqtt_subscriptions",
     .kind = Kind::kMqttSubscription,
     .without = "mqtt",
     .many = "MQTT subscriptions",
     .one = "MQTT subscription",
     .meaning = "subscription of a client library's object",
     .tells_growth = true,
     .made_by_owner = true},
    {.name = "mqtt_clients",
     .kind = Kind::kMqttClient,
     .without = "mqtt",
     .many = "MQTT clients",
     .one = "MQTT client",
     .meaning = "client object of a client library",
     .tells_growth = true,
     .made_by_owner = true},
    {.name = "timers",
     .kind = Kind::kTimer,
     .without = "timers",
     .many = "timers",
     .one = "timer",
     .meaning = "timer of POSIX, libuv or libevent, timerfd, or armed interval timer",
     .tells_growth = true,
     .made_by_owner = true},
    {.name = "fds",
     .kind = Kind::kDescriptor,
     .without = "fds",
     .many = "open descriptors",
     .one = "open descriptor",
     .meaning = "open descriptor",
     .tells_growth = true,
     .made_by_owner = true},
    {.name = "threads",
     .kind = Kind::kThread,
     .without = "threads",
     .many = "threads",
     .one = "thread",
     .meaning = "thread not yet joined or, if detached, not yet ended",
     .tells_growth = true,
     .made_by_owner = true},
    {.name = "mapped_space",
     .kind = Kind::kMapping,
     .measure = Measure::kLiveBytes,
     .without = "mappings",
     .many = "mapped bytes",
     .one = "mapped byte",
     .meaning = "byte of the mappings that the program itself made",
     .tells_growth = true},
    {.name = "alloc_objects",
     .kind = Kind::kHeapBlock,
     .measure = Measure::kEverCount,
     .without = "heap",
     .many = "objects allocated since the start",
     .one = "object allocated since the start",
     .meaning = "heap block ever allocated since the recorder started"},
    {.name = "alloc_space",
     .kind = Kind::kHeapBlock,
     .measure = Measure::kEverBytes,
     .without = "heap",
     .many = "bytes allocated since the start",
     .one = "byte allocated since the start",
     .meaning = "byte of all heap blocks ever allocated since the recorder started"},
    {.name = "inuse_objects",
     .older_name = "objects",
     .kind = Kind::kHeapBlock,
     .without = "heap",
     .many = "live objects",
     .one = "live object",
     .meaning = "live heap block"},
    {.name = "inuse_space",
     .older_name = "space",
     .kind = Kind::kHeapBlock,
     .measure = Measure::kLiveBytes,
     .without = "heap",
     .many = "live bytes",
     .one = "live byte",
     .meaning = "byte of the live heap blocks",
     .tells_growth = true},
};
inline constexpr std::size_t kSampleKindCount = sizeof kSampleKinds / sizeof kSampleKinds[0];

/// The row of this kind and measure, or an empty one.
constexpr SampleKind FindSampleKind(Kind kind, Measure measure) {
  for (const SampleKind& row : kSampleKinds) {
    if (row.kind == kind && row.measure == measure) return row;
  }
  return {};
}

/// What can be left out of a recording, by the name that users know it by.
struct Recordable {
  const char* name;
  std::uint64_t kind_bits;  // KindBit of each kind, or kPacketsBit
};
inline constexpr std::uint64_t kPacketsBit = std::uint64_t{1} << 63;  // not a kind: labels of the MQTT packet at work

/// All of them, made from the table when this is compiled: the recorder holds these names only, not the table.
struct Recordables {
  Recordable list[kSampleKindCount + 1] = {};
  std::size_t count = 0;
  std::uint64_t kinds = 0;  // everything that can be recorded
  [[nodiscard]] constexpr const Recordable* begin() const { return list; }
  [[nodiscard]] constexpr const Recordable* end() const { return list + count; }

  constexpr void Add(const char* name, std::uint64_t bits) {
    kinds |= bits;
    for (std::size_t i = 0; i < count; ++i) {
      if (SameText(list[i].name, name)) {
        list[i].kind_bits |= bits;
        return;
      }
    }
    list[count++] = {name, bits};
  }
  static constexpr bool SameText(const char* a, const char* b) {
    while (*a != 0 && *a == *b) ++a, ++b;
    return *a == *b;
  }
};
/// In the order of the kinds' numbers.
consteval Recordables MakeRecordables() {
  Recordables made;
  for (unsigned number = 1; number < 63; ++number) {
    for (const SampleKind& row : kSampleKinds) {
      if (static_cast<unsigned>(row.kind) == number) made.Add(row.without, KindBit(row.kind));
    }
  }
  made.Add("packets", kPacketsBit);
  return made;
}
inline constexpr Recordables kRecordables = MakeRecordables();

/// Kinds are numbered from 1; an array by Kind has this many elements.
inline constexpr std::size_t kKinds = [] {
  std::size_t most = 0;
  for (const SampleKind& row : kSampleKinds) {
    if (static_cast<std::size_t>(row.kind) > most) most = static_cast<std::size_t>(row.kind);
  }
  return most + 1;
}();
static_assert(kKinds <= 16, "a key has four bits for its kind");

}  // namespace mqtrack::log
