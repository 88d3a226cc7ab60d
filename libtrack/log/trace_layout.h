// How a timeline is asked of a recorder, and how it answers: a part of the log's header that is set aside behind
// log::Header, and a ring of events in the log.
//
// `mqtrack trace` asks by storing `wanted`; the recorder then makes the ring, unless an earlier trace has left it
// there, and writes an event for each thing that happens. The command takes events out while they come in, and says so
// in `tail`. A full ring drops what is new and counts it: the recorder never waits. While nobody asks, hooks look at
// `wanted` and do nothing more.
//
// An event is claimed by moving `head` up by one, and is complete once its `number` is one more than the position that
// was claimed. So a reader tells an event that is being written, or that a killed process never wrote to its end, from
// one that is there.
//
// The command shows that it lives by changing `beat`. The recorder stores 0 to `wanted` when it has not done so for
// kTraceSilenceNanos: a command that was killed leaves nothing on. The clock is the recorder's, so that both may have
// different ones.
//
// Shared with the recorder, and freestanding like layout.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mqtrack::log {

/// From the start of the log: the last that is set aside for its header. The recorder asserts that Header ends before.
inline constexpr std::uint64_t kTraceControlOffset = 32256;
/// TraceControl::can_trace of a recorder that writes the events below. Raised when an older reader would misread them.
inline constexpr std::uint32_t kTraceVersion = 1;
/// Sizes of a ring, in bytes; powers of two.
inline constexpr std::uint64_t kSmallestTraceRing = std::uint64_t{64} << 10;
inline constexpr std::uint64_t kLargestTraceRing = std::uint64_t{64} << 20;
/// A command of which nothing is heard for so long is taken for dead.
inline constexpr std::int64_t kTraceSilenceNanos = 5'000'000'000;

enum class TraceState : std::uint32_t { kNone = 0, kMaking = 1, kReady = 2, kNoRoom = 3 };

/// All zero in a new log, and in a child's copy.
struct TraceControl {
  // Written by the command; `wanted` by the recorder as well, when it turns itself off.
  std::uint32_t wanted;       // not 0: events are written
  std::uint32_t can_trace;    // kTraceVersion, by the recorder; 0 in logs of older ones
  std::uint64_t beat;         // another number each time the command has looked
  std::uint64_t ring_bytes;   // how large the ring should be, if there is none yet
  std::uint64_t large_bytes;  // heap blocks from this size on are events of their own
  std::uint64_t padding[4];
  // Written by the recorder.
  std::uint32_t state;        // TraceState, release
  std::uint32_t ring_events;  // a power of two
  std::uint64_t ring_offset;  // of the ring, from the start of the log
  std::uint64_t head;         // events ever claimed
  std::uint64_t dropped;      // that found the ring full
  std::uint64_t live_bytes;   // what the heap has grown by while events were wanted, in two's complement
  std::uint64_t seen_beat;    // `beat` as the recorder saw it last
  std::uint64_t seen_ns;      // and when, CLOCK_MONOTONIC
  std::uint64_t padding_2;
  // Written by the command.
  std::uint64_t tail;  // events taken out
  std::uint64_t padding_3[7];
};

enum class TraceType : std::uint8_t {
  kNone = 0,
  kPacket = 1,   // a packet was read to its end; `packet`, client and topic; `value` how many, if several
  kSent = 2,     // packets were written to their end; `value` how many
  kTakesUp = 3,  // the thread has read the first byte of a packet
  kDone = 4,     // it has gone on to something else than the packet that it had
  kWaits = 5,    // it is about to wait for its descriptors
  kOpened = 6,   // an MQTT connection; `value` 1: it was open before it was followed
  kClosed = 7,
  kRegion = 8,     // entered; `value` how deep, from 1; text its name
  kRegionEnd = 9,  // left; `value` how deep it is now
  kThreadBegins = 10,
  kThreadEnds = 11,
  kLargeBlock = 12,  // `value` bytes
  kLargeFree = 13,   // `value` bytes
  kTimer = 14        // a timerfd was read; `value` expirations
};
inline constexpr std::uint8_t kLastTraceType = 14;

enum TraceFlags : std::uint32_t { kTraceTextCut = 1 };

/// Client first, then topic or name. What does not fit is cut.
inline constexpr std::size_t kTraceTextBytes = 80;
inline constexpr std::size_t kTraceClientBytes = 32;

struct TraceEvent {
  std::uint64_t number;      // position + 1 once complete
  std::uint64_t ns;          // CLOCK_MONOTONIC of the process
  std::uint64_t live_bytes;  // TraceControl::live_bytes at that time
  std::uint64_t value;       // by type
  std::uint32_t thread;      // as the process calls it
  std::uint32_t connection;  // a number that no other open connection has, from 1; 0: none
  std::uint8_t type;         // TraceType
  std::uint8_t packet;       // type of MQTT packet; 16: several of different types
  std::uint8_t client_bytes;
  std::uint8_t text_bytes;
  std::uint32_t flags;         // TraceFlags
  char text[kTraceTextBytes];  // not terminated, not trusted to be UTF-8
};

static_assert(sizeof(TraceControl) == 192 && offsetof(TraceControl, state) == 64 &&
              offsetof(TraceControl, tail) == 128 && std::is_trivially_copyable_v<TraceControl> &&
              kTraceControlOffset % 64 == 0);
static_assert(sizeof(TraceEvent) == 128 && offsetof(TraceEvent, text) == 48 &&
              std::is_trivially_copyable_v<TraceEvent>);

}  // namespace mqtrack::log
