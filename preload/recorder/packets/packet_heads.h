// Reads what matters at the start of an MQTT packet's body: client id, topic, alias. Private to the packet follower.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::recorder {

/// Bytes of a body: all of it, or its start.
struct Head {
  const unsigned char* data;
  std::size_t bytes;
  std::size_t body_bytes;  // of the whole body; `bytes` or more
};

/// Text inside a Head; null: there is none, or the head ends before it.
struct Slice {
  const char* data = nullptr;
  std::size_t bytes = 0;
};

/// True if a packet may begin with this byte: its type and flags (MQTT 5.0, table 2-2).
[[nodiscard]] bool MayBeFirst(unsigned char first);

/// Whether a head is what it should be.
enum class Verdict : std::uint8_t { kGood, kTooShort, kBad };

struct ConnectHead {
  std::uint8_t version = 0;  // 3, 4 or 5
  Slice client;              // also null if the head is too short for it
};
/// kTooShort: protocol name and level have not come yet.
[[nodiscard]] Verdict ReadConnect(const Head& head, ConnectHead& connect);

/// `version` becomes 5 or, of 3.1 and 3.1.1, which look alike here, 4.
[[nodiscard]] Verdict ReadConnack(const Head& head, std::uint8_t& version);

struct PublishHead {
  Slice topic;  // may be cut where the head ends; empty if only the alias says it
  std::uint16_t alias = 0;
};
/// kTooShort: not even the topic's length is there.
[[nodiscard]] Verdict ReadPublish(const Head& head, std::uint8_t version, unsigned qos, PublishHead& publish);

/// True if a PUBLISH may have it: characters in UTF-8 that are none of control, and no wildcards (MQTT 5.0, 1.5.4 and
/// 3.3.2.1). What the head cuts off at its end is not looked at.
[[nodiscard]] bool MayBeTopic(const Slice& topic);

/// True if the body of a SUBSCRIBE (`has_options`) or UNSUBSCRIBE is one of this version, as far as the head goes.
[[nodiscard]] bool AreFilters(const Head& head, std::uint8_t version, bool has_options);

/// The first filter of a SUBSCRIBE or UNSUBSCRIBE.
[[nodiscard]] Verdict ReadFirstFilter(const Head& head, std::uint8_t version, Slice& filter);

}  // namespace mqtrack::recorder
