// Follows the MQTT packets in what a service reads from one connection, and says which one it is reading now.
//
// Fed with exactly the bytes that the service got, in pieces of any size (mosquitto reads a packet as 1 byte, then its
// length, then the rest; others read whole buffers of packets). MQTT 3.1, 3.1.1 and 5 framing, OASIS MQTT 5.0 chapter
// 2: type and flags, the remaining length in 1 to 4 bytes, the body. Pure: no memory but the Connection, no system
// call, and never a byte beyond those it was given. The bytes come from anybody: nothing in them is believed that has
// not been checked, and a connection that makes no sense is given up.
//
// The first packet decides. A CONNECT: we are the server, and the packets are the client's. A CONNACK: we are a client.
// Anything else is not MQTT, which nearly always the first byte tells.
//
// A connection that was open before anybody looked is joined in its middle. There nothing is said until packets have
// proved that they are: a PUBLISH with a topic that may be one, a SUBSCRIBE that ends where it should, or several of
// the small ones in a row. Who we are, and which version it is, packets tell that only one side or one version has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "preload/recorder/packets/mqtt_topic.h"
#include "preload/recorder/packets/packet_counts.h"

namespace mqtrack::recorder {

/// MQTT control packet types; the upper four bits of the first byte.
enum class PacketType : std::uint8_t {
  kNone = 0,
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kPubrel = 6,
  kPubcomp = 7,
  kSubscribe = 8,
  kSuback = 9,
  kUnsubscribe = 10,
  kUnsuback = 11,
  kPingreq = 12,
  kPingresp = 13,
  kDisconnect = 14,
  kAuth = 15,
  kSeveral = 16  // packets of different types came in one read
};
/// "CONNECT", "PUBLISH" …; "(several)" of kSeveral.
[[nodiscard]] const char* NameOf(PacketType type);

/// A piece of text with room of its own.
template <std::size_t Room>
struct FixedText {
  char data[Room];
  std::uint8_t bytes;
  static_assert(Room <= 255);
};

/// What the service is about to handle. Of several packets that one read completed: what they have in common, and
/// "(several)" for what they have not.
struct Handling {
  PacketType type = PacketType::kNone;
  bool has_topic = false;
  FixedText<kMaxTopicBytes> topic;  // generalised; "(other)" of a topic alias that is not remembered
  PacketCounts completed = {};      // by these bytes
};

/// One connection. All zero: nothing has been read yet. Belongs to the thread that reads from it.
struct Connection {
  enum class Phase : std::uint8_t { kFirstByte, kLength, kBody };
  enum class Role : std::uint8_t { kUnknown, kServer, kClient };
  static constexpr std::size_t kHeadBytes = 192;
  static constexpr std::size_t kAliases = 16;
  static constexpr std::uint8_t kProven = 3;

  Phase phase;
  Role role;                  // ours
  std::uint8_t version;       // 3, 4 or 5; 0 before it is known
  std::uint8_t first;         // the first byte of the packet
  std::uint8_t length_bytes;  // read so far
  std::uint8_t head_bytes;    // of `head`
  std::uint8_t has_client;
  std::uint8_t joined;                // 0: read from its start; else 1 and what proves that it is MQTT, up to kProven
  std::uint32_t length;               // of the body
  std::uint32_t read;                 // of the body, so far
  FixedText<kMaxClientBytes> client;  // the client's id, once has_client; as a label shows it
  std::uint16_t aliases[kAliases];    // topic aliases of MQTT 5, by alias modulo kAliases; 0: none
  std::uint16_t alias_topics[kAliases];  // numbers of TopicPool
  unsigned char head[kHeadBytes];        // the start of a body that comes in pieces
};
static_assert(std::is_trivially_copyable_v<Connection> && sizeof(Connection) <= 352);

/// Topics behind aliases, each once, for all connections: an alias must keep its topic for as long as the connection
/// lives. Thread-safe, lock-free; entries stay for ever, and when it is full further topics are not remembered.
class TopicPool {
 public:
  static constexpr std::uint16_t kCapacity = 1024;
  /// The number of a topic, from 1; 0 if there is no room.
  [[nodiscard]] std::uint16_t NumberOf(const FixedText<kMaxTopicBytes>& topic);
  /// False if there is no such number.
  [[nodiscard]] bool Find(std::uint16_t number, FixedText<kMaxTopicBytes>& topic) const;

 private:
  struct Entry {
    std::uint32_t state;  // 0 free, 1 being written, 2 there
    std::uint32_t hash;
    FixedText<kMaxTopicBytes> topic;
  };
  Entry entries_[kCapacity];
};

enum class Fed : std::uint8_t {
  kPacket,    // a packet is being read: see `Handling`
  kUnproven,  // what was read of a joined connection makes sense so far, and may be something else than MQTT
  kNotMqtt,   // and never was
  kLostSync,  // it was MQTT, and now makes no sense
};

/// Makes it one that is met in its middle, where perhaps a packet begins, and perhaps none ever will. `role`: ours, if
/// it is known.
void Join(Connection& connection, Connection::Role role = Connection::Role::kUnknown);

/// The next `count` bytes of the connection, at least one. After kNotMqtt and kLostSync the connection must not be fed
/// again until it has been zeroed.
[[nodiscard]] Fed Feed(Connection& connection, TopicPool& pool, const void* bytes, std::size_t count,
                       Handling& handling);

/// Takes bytes of one packet in the middle of an ordinary connection, as services read them that ask for the first
/// byte, the length and the rest in turn, and says nothing of it: Describe does, if somebody asks. False: nothing was
/// taken; the bytes are for Feed.
[[nodiscard]] bool TakeQuietly(Connection& connection, const void* bytes, std::size_t count);

/// True if the body of the packet at hand says more of it than its first byte.
[[nodiscard]] bool HasHead(const Connection& connection);

/// The type of the packet that TakeQuietly has just completed; kNone if it has not come to an end.
[[nodiscard]] inline PacketType Completed(const Connection& connection) {
  return connection.phase == Connection::Phase::kFirstByte ? static_cast<PacketType>(connection.first >> 4)
                                                           : PacketType::kNone;
}

/// What Feed would have told of the packet that TakeQuietly has last taken bytes of.
void Describe(Connection& connection, TopicPool& pool, Handling& handling);

/// True if a connection that nothing has been read from may begin with this byte.
[[nodiscard]] constexpr bool MayBegin(unsigned char first) { return first == 0x10 || first == 0x20; }

}  // namespace mqtrack::recorder
