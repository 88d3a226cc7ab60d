#include "preload/recorder/packets/packet_follower.h"

#include <cstring>

#include "libtrack/log/packet_types.h"
#include "preload/recorder/packets/packet_heads.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

using Topic = FixedText<kMaxTopicBytes>;
using Phase = Connection::Phase;
using Role = Connection::Role;

constexpr std::uint32_t Bit(PacketType type) { return 1u << static_cast<unsigned>(type); }
constexpr std::uint32_t kFromBoth = Bit(PacketType::kPublish) | Bit(PacketType::kPuback) | Bit(PacketType::kPubrec) |
                                    Bit(PacketType::kPubrel) | Bit(PacketType::kPubcomp) |
                                    Bit(PacketType::kDisconnect) | Bit(PacketType::kAuth);
constexpr std::uint32_t kFromClients = kFromBoth | Bit(PacketType::kConnect) | Bit(PacketType::kSubscribe) |
                                       Bit(PacketType::kUnsubscribe) | Bit(PacketType::kPingreq);
constexpr std::uint32_t kFromServers = kFromBoth | Bit(PacketType::kConnack) | Bit(PacketType::kSuback) |
                                       Bit(PacketType::kUnsuback) | Bit(PacketType::kPingresp);

constexpr PacketType TypeOf(unsigned char first) { return static_cast<PacketType>(first >> 4); }

bool IsLengthValid(PacketType type, std::uint32_t length) {
  switch (type) {
    case PacketType::kConnect:
      return length >= 12;
    case PacketType::kPublish:
    case PacketType::kConnack:
    case PacketType::kPuback:
    case PacketType::kPubrec:
    case PacketType::kPubrel:
    case PacketType::kPubcomp:
      return length >= 2;
    case PacketType::kSubscribe:
    case PacketType::kUnsubscribe:
      return length >= 5;
    case PacketType::kPingreq:
    case PacketType::kPingresp:
      return length == 0;
    default:
      return true;
  }
}

/// The packets whose body says more than their type.
bool HasHead(PacketType type) {
  constexpr std::uint32_t kHeads = Bit(PacketType::kConnect) | Bit(PacketType::kConnack) | Bit(PacketType::kPublish) |
                                   Bit(PacketType::kSubscribe) | Bit(PacketType::kUnsubscribe);
  return (kHeads & Bit(type)) != 0;
}

/// The packets that the other end may send, but for the first.
std::uint32_t ExpectedBy(Role role) {
  if (role == Role::kUnknown) return kFromClients | kFromServers;
  return role == Role::kServer ? kFromClients : kFromServers;
}

/// Who we are if a packet of this type comes, should that tell.
Role RoleBy(PacketType type) {
  if ((kFromBoth & Bit(type)) != 0) return Role::kUnknown;
  return (kFromClients & Bit(type)) != 0 ? Role::kServer : Role::kClient;
}

/// How much it proves of a joined connection that such a packet makes sense there.
std::uint8_t ProofBy(PacketType type, bool has_topic) {
  if (has_topic) return Connection::kProven;
  constexpr std::uint32_t kAnything = Bit(PacketType::kDisconnect) | Bit(PacketType::kAuth);  // may be of any length
  return (kAnything & Bit(type)) != 0 ? 0 : 1;
}

/// Acknowledgements of a PUBLISH, which are longer than two bytes in MQTT 5 only.
bool IsAcknowledgement(PacketType type) {
  constexpr std::uint32_t kThese =
      Bit(PacketType::kPuback) | Bit(PacketType::kPubrec) | Bit(PacketType::kPubrel) | Bit(PacketType::kPubcomp);
  return (kThese & Bit(type)) != 0;
}

void BeginPacket(Connection& connection, unsigned char first) {
  connection.first = first;
  connection.length = connection.read = 0;
  connection.length_bytes = connection.head_bytes = 0;
  connection.phase = Phase::kLength;
}

/// The next byte of the remaining length; after its last one the body is expected, or, where there is none, the next
/// packet. False: it cannot be, and nothing was changed.
bool TakeLengthByte(Connection& connection, unsigned char byte) {
  const std::uint32_t length = connection.length | static_cast<std::uint32_t>(byte & 0x7f)
                                                       << (7 * connection.length_bytes);
  const bool goes_on = (byte & 0x80) != 0;
  if (goes_on ? connection.length_bytes == 3 : !IsLengthValid(TypeOf(connection.first), length)) return false;
  connection.length = length;
  ++connection.length_bytes;
  if (!goes_on) connection.phase = length != 0 ? Phase::kBody : Phase::kFirstByte;
  return true;
}

/// Keeps what is new of the start of a body. Always true, for a caller that then has nothing more to do.
bool KeepHead(Connection& connection, const unsigned char* bytes, std::size_t count) {
  const std::size_t room = Connection::kHeadBytes - connection.head_bytes;
  const std::size_t kept = count < room ? count : room;
  std::memcpy(connection.head + connection.head_bytes, bytes, kept);
  connection.head_bytes = static_cast<std::uint8_t>(connection.head_bytes + kept);
  return true;
}

/// A packet that can be told of at any time after it has come: nothing that follows depends on what it says.
bool IsOrdinary(const Connection& connection, PacketType type) {
  constexpr std::uint32_t kNever = Bit(PacketType::kConnect) | Bit(PacketType::kConnack);
  const bool may_set_alias = type == PacketType::kPublish && connection.version == 5;
  return connection.version != 0 && (kNever & Bit(type)) == 0 && !may_set_alias;
}

/// True if the next `count` bytes of the body belong to a head that is right, as far as that can be wrong, and that is
/// kept as far as it matters; or to none.
bool IsHeadOrdinary(const Connection& connection, PacketType type, const unsigned char* bytes, std::size_t count) {
  if (!HasHead(type)) return true;
  if (type != PacketType::kPublish) return false;
  if (connection.read != 0) return connection.head_bytes >= 2;  // looked at before
  if (count < 2) return false;
  const std::uint32_t topic_end = 2u + (static_cast<std::uint32_t>(bytes[0]) << 8 | bytes[1]);
  return topic_end <= Connection::kHeadBytes && topic_end <= connection.length;
}

template <std::size_t Room>
void Assign(FixedText<Room>& text, const char* value) {
  text.bytes = static_cast<std::uint8_t>(std::strlen(value));
  std::memcpy(text.data, value, text.bytes);
}

bool IsSame(const Topic& a, const Topic& b) { return a.bytes == b.bytes && std::memcmp(a.data, b.data, a.bytes) == 0; }

class Feeder {
 public:
  Feeder(Connection& connection, TopicPool& pool, Handling& handling)
      : c_(connection), pool_(pool), handling_(handling) {}

  /// Of a packet whose head was kept as far as it has come, and was looked at before.
  void TellOfKept() {
    if (HasHead(TypeOf(c_.first)) && c_.head_bytes != 0) (void)ReadHead({c_.head, c_.head_bytes, c_.length});
    Tell();
  }

  Fed Run(const unsigned char* bytes, std::size_t count) {
    while (count != 0) {
      std::size_t used = 1;
      bool good = true;
      switch (c_.phase) {
        case Phase::kFirstByte:
          good = TakeFirst(*bytes);
          break;
        case Phase::kLength:
          good = TakeLength(*bytes);
          break;
        case Phase::kBody:
          used = count < c_.length - c_.read ? count : c_.length - c_.read;
          good = TakeBody(bytes, used);
          break;
      }
      if (!good) return was_mqtt_ ? Fed::kLostSync : Fed::kNotMqtt;
      bytes += used;
      count -= used;
    }
    if (!IsProven()) return Fed::kUnproven;
    if (completed_ == 0) Tell();  // the service waits for the rest of this one
    return Fed::kPacket;
  }

 private:
  bool TakeFirst(unsigned char first) {
    const PacketType type = TypeOf(first);
    if (!MayBeFirst(first)) return false;
    const bool is_start = c_.role == Role::kUnknown && c_.joined == 0;
    const std::uint32_t expected =
        is_start ? Bit(PacketType::kConnect) | Bit(PacketType::kConnack) : ExpectedBy(c_.role);
    if ((expected & Bit(type)) == 0) return false;
    if (type == PacketType::kConnect || type == PacketType::kConnack) {
      // A further one means that the descriptor's number is another connection's by now.
      c_ = {};
      c_.role = type == PacketType::kConnect ? Role::kServer : Role::kClient;
    }
    BeginPacket(c_, first);
    has_topic_ = false;
    return true;
  }

  bool TakeLength(unsigned char byte) {
    if (!TakeLengthByte(c_, byte)) return false;
    // Longer ones may be, and prove nothing: text of other protocols looks so.
    constexpr std::uint32_t kUsualAcknowledgement = 4;
    if (!IsProven() && IsAcknowledgement(TypeOf(c_.first)) && c_.length > kUsualAcknowledgement) return false;
    if (c_.phase == Phase::kFirstByte) Complete();
    return true;
  }

  bool TakeBody(const unsigned char* bytes, std::size_t count) {
    const bool whole = c_.read == 0 && count == c_.length;
    if (HasHead(TypeOf(c_.first))) {
      // Read where it is, if it is all there; else from the copy of its start, as far as that has come.
      if (!whole) (void)KeepHead(c_, bytes, count);
      const Head head = whole ? Head{bytes, count, count} : Head{c_.head, c_.head_bytes, c_.length};
      if (!ReadHead(head)) return false;
    }
    c_.read += static_cast<std::uint32_t>(count);
    if (c_.read == c_.length) Complete();
    return true;
  }

  bool ReadHead(const Head& head) {
    switch (TypeOf(c_.first)) {
      case PacketType::kConnect: {
        ConnectHead connect;
        const Verdict verdict = ReadConnect(head, connect);
        if (verdict == Verdict::kBad) return false;
        c_.version = connect.version;
        if (connect.client.data != nullptr) {
          c_.client.bytes =
              static_cast<std::uint8_t>(GeneraliseClient(connect.client.data, connect.client.bytes, c_.client.data));
          c_.has_client = 1;
        }
        return true;
      }
      case PacketType::kConnack:
        return ReadConnack(head, c_.version) != Verdict::kBad;
      case PacketType::kPublish:
        return ReadPublishedTopic(head);
      default: {
        if (c_.joined != 0 && !LearnVersion(head)) return false;
        Slice filter;
        if (ReadFirstFilter(head, c_.version, filter) == Verdict::kBad) return false;
        if (filter.data != nullptr) SetTopic(filter);
        return true;
      }
    }
  }

  bool ReadPublishedTopic(const Head& head) {
    PublishHead publish;
    Verdict verdict = ReadPublish(head, c_.version, c_.first >> 1 & 3, publish);
    if (c_.joined != 0 && verdict == Verdict::kGood && publish.topic.bytes == 0 && c_.version != 5) {
      c_.version = 5;  // only there an alias may stand for it
      verdict = ReadPublish(head, c_.version, c_.first >> 1 & 3, publish);
    }
    if (verdict != Verdict::kGood) return verdict == Verdict::kTooShort;
    if (!IsProven() && publish.topic.bytes != 0 && !MayBeTopic(publish.topic)) return false;
    const unsigned place = publish.alias % Connection::kAliases;
    if (publish.topic.bytes != 0) {
      SetTopic(publish.topic);
      if (publish.alias != 0) {
        c_.aliases[place] = publish.alias;
        c_.alias_topics[place] = pool_.NumberOf(topic_);
      }
    } else if (publish.alias != 0) {
      has_topic_ = true;
      if (c_.aliases[place] != publish.alias || !pool_.Find(c_.alias_topics[place], topic_)) Assign(topic_, "(other)");
    }
    return true;
  }

  void SetTopic(const Slice& topic) {
    topic_.bytes = static_cast<std::uint8_t>(GeneraliseTopic(topic.data, topic.bytes, topic_.data));
    has_topic_ = true;
  }

  /// Of a joined connection: the version, if the filters of this SUBSCRIBE or UNSUBSCRIBE tell it. False: they make
  /// sense in none.
  bool LearnVersion(const Head& head) {
    if (head.bytes < head.body_bytes && head.bytes < Connection::kHeadBytes) return true;  // when more has come
    const bool has_options = TypeOf(c_.first) == PacketType::kSubscribe;
    if (c_.version != 5 && AreFilters(head, 4, has_options)) return true;
    if (!AreFilters(head, 5, has_options)) return false;
    c_.version = 5;
    return true;
  }

  [[nodiscard]] bool IsProven() const { return c_.joined == 0 || c_.joined == Connection::kProven; }

  /// The packet at hand makes sense from its first byte to its last.
  void LearnFrom(PacketType type) {
    if (c_.role == Role::kUnknown) c_.role = RoleBy(type);
    if (IsAcknowledgement(type) && c_.length > 2) c_.version = 5;
    const unsigned proof = c_.joined + ProofBy(type, has_topic_);
    c_.joined = proof < Connection::kProven ? static_cast<std::uint8_t>(proof) : Connection::kProven;
    // From here on it is followed as any other: MQTT 3 unless something says 5.
    if (IsProven() && c_.role != Role::kUnknown && c_.version == 0) c_.version = 4;
  }

  /// The packet at hand is all there.
  void Complete() {
    if (c_.joined != 0) LearnFrom(TypeOf(c_.first));
    was_mqtt_ = IsProven();
    c_.phase = Phase::kFirstByte;
    handling_.completed.Add(c_.first >> 4);
    if (++completed_ == 1) return Tell();
    if (handling_.type != TypeOf(c_.first)) handling_.type = PacketType::kSeveral;
    const bool same = handling_.has_topic == has_topic_ && (!has_topic_ || IsSame(handling_.topic, topic_));
    if (!same) {
      handling_.has_topic = true;
      Assign(handling_.topic, "(several)");
    }
  }

  void Tell() {
    handling_.type = TypeOf(c_.first);
    handling_.has_topic = has_topic_;
    if (has_topic_) handling_.topic = topic_;
  }

  Connection& c_;
  TopicPool& pool_;
  Handling& handling_;
  // Whether bytes that make no sense end a connection that made sense until here.
  bool was_mqtt_ = c_.joined != 0 ? IsProven() : c_.role != Role::kUnknown && (c_.version != 0 || c_.has_client != 0);
  std::uint32_t completed_ = 0;
  bool has_topic_ = false;  // of the packet at hand
  Topic topic_;
};

}  // namespace

const char* NameOf(PacketType type) {
  return type == PacketType::kSeveral ? "(several)" : log::kPacketNames[static_cast<std::size_t>(type)];
}

std::uint16_t TopicPool::NumberOf(const FixedText<kMaxTopicBytes>& topic) {
  std::uint32_t hash = 2166136261u;
  for (std::size_t i = 0; i < topic.bytes; ++i) hash = (hash ^ static_cast<unsigned char>(topic.data[i])) * 16777619u;
  for (std::uint32_t probe = 0; probe < 16; ++probe) {
    const std::uint32_t index = (hash + probe) % kCapacity;
    Entry& entry = entries_[index];
    if (LoadAcquire(entry.state) == 0 && Swap(entry.state, 0u, 1u)) {
      entry.hash = hash;
      entry.topic.bytes = topic.bytes;
      std::memcpy(entry.topic.data, topic.data, topic.bytes);
      StoreRelease(entry.state, 2u);
      return static_cast<std::uint16_t>(index + 1);
    }
    if (LoadAcquire(entry.state) == 2 && entry.hash == hash && IsSame(entry.topic, topic))
      return static_cast<std::uint16_t>(index + 1);
  }
  return 0;
}

bool TopicPool::Find(std::uint16_t number, FixedText<kMaxTopicBytes>& topic) const {
  if (number == 0 || number > kCapacity) return false;
  const Entry& entry = entries_[number - 1];
  if (LoadAcquire(entry.state) != 2) return false;
  topic.bytes = entry.topic.bytes;
  std::memcpy(topic.data, entry.topic.data, topic.bytes);
  return true;
}

void Join(Connection& connection, Role role) {
  connection = {};
  connection.role = role;
  connection.joined = 1;
}

Fed Feed(Connection& connection, TopicPool& pool, const void* bytes, std::size_t count, Handling& handling) {
  return Feeder(connection, pool, handling).Run(static_cast<const unsigned char*>(bytes), count);
}

bool TakeQuietly(Connection& connection, const void* data, std::size_t count) {
  const auto* bytes = static_cast<const unsigned char*>(data);
  if (connection.phase == Phase::kFirstByte) {
    const PacketType type = TypeOf(*bytes);
    if (count != 1 || !IsOrdinary(connection, type) || !MayBeFirst(*bytes) ||
        (ExpectedBy(connection.role) & Bit(type)) == 0)
      return false;
    BeginPacket(connection, *bytes);
    return true;
  }
  const PacketType type = TypeOf(connection.first);
  if (!IsOrdinary(connection, type)) return false;
  if (connection.phase == Phase::kLength) return count == 1 && TakeLengthByte(connection, *bytes);
  if (count > connection.length - connection.read || !IsHeadOrdinary(connection, type, bytes, count)) return false;
  connection.read += static_cast<std::uint32_t>(count);
  if (connection.read == connection.length) connection.phase = Phase::kFirstByte;
  return !HasHead(type) || KeepHead(connection, bytes, count);
}

bool HasHead(const Connection& connection) { return HasHead(TypeOf(connection.first)); }

void Describe(Connection& connection, TopicPool& pool, Handling& handling) {
  Feeder(connection, pool, handling).TellOfKept();
}

}  // namespace mqtrack::recorder
