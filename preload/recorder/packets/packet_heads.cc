#include "preload/recorder/packets/packet_heads.h"

#include <cstring>

namespace mqtrack::recorder {
namespace {

constexpr std::uint8_t kBridgeBit = 0x80;  // mosquitto's bridges set it in the protocol level

/// Walks over a head; after a step beyond its end every further one fails too.
class Cursor {
 public:
  explicit Cursor(const Head& head) : head_(head) {}

  [[nodiscard]] bool ok() const { return ok_; }
  std::size_t Number(std::size_t bytes) {
    if (!Has(bytes)) return 0;
    std::size_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | head_.data[at_++];
    return value;
  }
  /// A variable byte integer, of at most four bytes.
  std::size_t Variable() {
    std::size_t value = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
      const std::size_t byte = Number(1);
      if (!ok_) return 0;
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  void Skip(std::size_t bytes) {
    if (Has(bytes)) at_ += bytes;
  }
  /// A length in two bytes, and as many bytes.
  Slice Text() {
    const std::size_t bytes = Number(2);
    if (!Has(bytes)) return {};
    const Slice text{reinterpret_cast<const char*>(head_.data + at_), bytes};
    at_ += bytes;
    return text;
  }
  /// Likewise, but cut where the head ends, if the body goes on.
  Slice CutText(bool& is_cut) {
    const std::size_t bytes = Number(2);
    is_cut = ok_ && bytes > head_.bytes - at_;
    if (!is_cut) {
      at_ -= ok_ ? 2 : 0;
      return Text();
    }
    if (bytes > head_.body_bytes - at_) return ok_ = false, Slice{};
    return {reinterpret_cast<const char*>(head_.data + at_), head_.bytes - at_};
  }
  [[nodiscard]] std::size_t at() const { return at_; }

 private:
  bool Has(std::size_t bytes) {
    ok_ = ok_ && bytes <= head_.bytes - at_;
    return ok_;
  }

  const Head& head_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// MQTT 5.0, table 2-4: how long the value of a property is. False: no property of a PUBLISH.
bool SkipProperty(Cursor& cursor, std::size_t identifier) {
  switch (identifier) {
    case 0x01:  // payload format indicator
      cursor.Skip(1);
      return true;
    case 0x02:  // message expiry interval
      cursor.Skip(4);
      return true;
    case 0x03:  // content type
    case 0x08:  // response topic
    case 0x09:  // correlation data
      cursor.Text();
      return true;
    case 0x0b:  // subscription identifier
      cursor.Variable();
      return true;
    case 0x26:  // user property
      cursor.Text();
      cursor.Text();
      return true;
    default:
      return false;
  }
}

constexpr std::size_t kTopicAlias = 0x23;

}  // namespace

bool MayBeFirst(unsigned char first) {
  constexpr unsigned kPublish = 3, kPubrel = 6, kSubscribe = 8, kUnsubscribe = 10;
  const unsigned flags = first & 0x0f;
  switch (first >> 4) {
    case 0:
      return false;
    case kPublish:
      return (flags & 6) != 6;
    case kPubrel:
    case kSubscribe:
    case kUnsubscribe:
      return flags == 2;
    default:
      return flags == 0;
  }
}

Verdict ReadConnect(const Head& head, ConnectHead& connect) {
  Cursor cursor(head);
  const Slice name = cursor.Text();
  const std::size_t level = cursor.Number(1) & ~std::size_t{kBridgeBit};
  const std::size_t flags = cursor.Number(1);
  if (!cursor.ok()) {
    // What has come so far must fit one of the two names.
    const std::size_t known = head.bytes < 6 ? head.bytes : 6;
    const bool fits = std::memcmp(head.data, "\0\4MQTT", known) == 0 || std::memcmp(head.data, "\0\6MQIs", known) == 0;
    return fits && head.bytes < head.body_bytes ? Verdict::kTooShort : Verdict::kBad;
  }
  const bool is_mqtt = name.bytes == 4 && std::memcmp(name.data, "MQTT", 4) == 0 && (level == 4 || level == 5);
  const bool is_old = name.bytes == 6 && std::memcmp(name.data, "MQIsdp", 6) == 0 && level == 3;
  if ((!is_mqtt && !is_old) || (flags & 1) != 0) return Verdict::kBad;
  connect.version = static_cast<std::uint8_t>(level);
  cursor.Skip(2);  // keep-alive
  if (level == 5) cursor.Skip(cursor.Variable());
  connect.client = cursor.Text();
  return cursor.ok() || head.bytes < head.body_bytes ? Verdict::kGood : Verdict::kBad;
}

Verdict ReadConnack(const Head& head, std::uint8_t& version) {
  if (head.body_bytes < 2) return Verdict::kBad;
  version = head.body_bytes == 2 ? 4 : 5;
  if (head.bytes >= 1 && head.data[0] > 1) return Verdict::kBad;
  if (head.bytes < 2) return Verdict::kTooShort;
  const unsigned reason = head.data[1];
  const bool is_known = version == 4 ? reason <= 5 : reason == 0 || reason >= 0x80;
  return is_known ? Verdict::kGood : Verdict::kBad;
}

Verdict ReadPublish(const Head& head, std::uint8_t version, unsigned qos, PublishHead& publish) {
  if (head.bytes < 2) return head.bytes < head.body_bytes ? Verdict::kTooShort : Verdict::kBad;
  Cursor cursor(head);
  bool is_cut = false;
  publish.topic = cursor.CutText(is_cut);
  if (!cursor.ok()) return Verdict::kBad;
  if (is_cut || version != 5) return Verdict::kGood;
  if (qos != 0) cursor.Skip(2);  // packet identifier
  const std::size_t properties = cursor.Variable();
  const std::size_t begin = cursor.at();
  while (cursor.ok() && cursor.at() - begin < properties) {
    const std::size_t identifier = cursor.Variable();
    if (identifier == kTopicAlias) {
      publish.alias = static_cast<std::uint16_t>(cursor.Number(2));
    } else if (!SkipProperty(cursor, identifier)) {
      break;
    }
  }
  return Verdict::kGood;
}

bool MayBeTopic(const Slice& topic) {
  std::size_t continuing = 0;
  for (std::size_t i = 0; i < topic.bytes; ++i) {
    const auto byte = static_cast<unsigned char>(topic.data[i]);
    if (continuing != 0) {
      if ((byte & 0xc0) != 0x80) return false;
      --continuing;
      continue;
    }
    if (byte < 0x20 || byte == 0x7f || byte == '+' || byte == '#') return false;
    if (byte < 0x80) continue;
    if (byte < 0xc2 || byte > 0xf4) return false;
    continuing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
  }
  return topic.bytes != 0;
}

bool AreFilters(const Head& head, std::uint8_t version, bool has_options) {
  Cursor cursor(head);
  cursor.Skip(2);  // packet identifier
  if (version == 5) cursor.Skip(cursor.Variable());
  const bool is_cut = head.bytes < head.body_bytes;
  if (!cursor.ok()) return is_cut;
  const std::size_t known_options = version == 5 ? 0x3f : 0x03;
  do {
    if (head.bytes - cursor.at() < 2) return is_cut;
    bool ends_early = false;
    const Slice filter = cursor.CutText(ends_early);
    if (!cursor.ok()) return false;  // longer than the body
    if (ends_early) return true;
    if (filter.bytes == 0) return false;
    if (!has_options) continue;
    const std::size_t options = cursor.Number(1);
    if (!cursor.ok()) return is_cut;
    if ((options & ~known_options) != 0 || (options & 3) == 3) return false;
  } while (cursor.at() < head.bytes);
  return true;
}

Verdict ReadFirstFilter(const Head& head, std::uint8_t version, Slice& filter) {
  Cursor cursor(head);
  cursor.Skip(2);  // packet identifier
  if (version == 5) cursor.Skip(cursor.Variable());
  bool is_cut = false;
  if (cursor.ok()) filter = cursor.CutText(is_cut);
  if (cursor.ok()) return Verdict::kGood;
  return head.bytes < head.body_bytes ? Verdict::kTooShort : Verdict::kBad;
}

}  // namespace mqtrack::recorder
