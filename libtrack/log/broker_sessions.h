// The sessions of a broker's clients as the recorder keeps them: tables in the service's own memory, of which the log's
// header has the addresses. Who reads the service's memory too (libtrack/heapgraph) knows of each client what
// BrokerFigures say of all of them. Shared with the recorder: nothing but the C++ library's freestanding part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mqtrack::log {

enum class SessionState : std::uint64_t { kGone = 0, kConnected = 1, kOffline = 2 };

/// One entry; all zero is a free one.
///
///    0 key | 8 state | 16 subscriptions | 24 unacknowledged | 32 half_open | 40 era | 44 since | 48 is_stored | 52 -
struct BrokerSession {
  std::uint64_t key;    // TableKey of the client's id; 0 and 1: none
  std::uint64_t state;  // SessionState in its upper two bits; of a connected one the number of the connection below,
                        // of one that is offline the second at which it expires, or 0xffffffff
  std::uint64_t subscriptions, unacknowledged, half_open;  // as BrokerFigure counts them
  std::uint32_t era;                                       // another one whenever what belonged to it has ended
  std::uint32_t since_unix_seconds;                        // of its state
  std::uint32_t is_stored;  // not 0: the broker knew it before the recorder did, so more may belong to it
  std::uint32_t unused;
};
static_assert(sizeof(BrokerSession) == 56 && offsetof(BrokerSession, era) == 40 &&
              offsetof(BrokerSession, is_stored) == 48 && std::is_trivially_copyable_v<BrokerSession>);

inline constexpr unsigned kSessionStateShift = 62;
[[nodiscard]] constexpr SessionState StateOf(const BrokerSession& session) {
  return static_cast<SessionState>(session.state >> kSessionStateShift);
}

/// Levels of the table have 2^kFirstSessionBits entries, and then each 2^kSessionStepBits times as many.
inline constexpr unsigned kFirstSessionBits = 8, kSessionStepBits = 4;
[[nodiscard]] constexpr std::uint64_t SessionsInLevel(unsigned level) {
  return std::uint64_t{1} << (kFirstSessionBits + level * kSessionStepBits);
}

// FNV-1a (Fowler, Noll, Vo; public domain), 64 bits.
inline constexpr std::uint64_t kTextHashBegin = 0xcbf29ce484222325ULL, kTextHashStep = 0x100000001b3ULL;

/// A hash as a key of a table: none of those that mean something else. A session's is Mix (layout.h) of its client's
/// id, hashed so.
[[nodiscard]] constexpr std::uint64_t TableKey(std::uint64_t hash) { return hash > 1 ? hash : hash + 2; }

}  // namespace mqtrack::log
