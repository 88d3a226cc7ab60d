// Any bytes as what a service reads from its connections. The input is a series of reads: a byte that says how many
// bytes follow, then these, each read in a buffer of exactly its size. What one read says must be the same whether it
// came whole or byte by byte, as far as both say something; and a connection that is followed quietly wherever it can
// be must be at the same byte of the same packet. And the same reads as those of a connection that was open before, and
// as what a client and its broker say in turn: what the broker has to hold must not depend on the pieces it came in.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "preload/recorder/broker/client_link.h"
#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/packets/sent_packets.h"

namespace {

using namespace mqtrack::recorder;  // a program of one page

TopicPool pool;

void Check(const Connection& connection, const Handling& handling) {
  if (NameOf(handling.type)[0] == 0) std::abort();
  if (handling.has_topic && handling.topic.bytes > kMaxTopicBytes) std::abort();
  if (connection.has_client != 0 && connection.client.bytes > kMaxClientBytes) std::abort();
  if (connection.head_bytes > Connection::kHeadBytes) std::abort();
}

/// Feeds a copy of exactly these bytes.
Fed Read(Connection& connection, const std::uint8_t* data, std::size_t bytes) {
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes]);
  std::memcpy(copy.get(), data, bytes);
  Handling handling;
  const Fed fed = Feed(connection, pool, copy.get(), bytes, handling);
  if (fed == Fed::kPacket) Check(connection, handling);
  return fed;
}

/// The same byte by byte, quietly where that can be.
Fed ReadQuietly(Connection& connection, const std::uint8_t* byte) {
  const std::unique_ptr<std::uint8_t> copy(new std::uint8_t(*byte));
  if (!TakeQuietly(connection, copy.get(), 1)) return Read(connection, byte, 1);
  Connection at_hand = connection;
  Handling handling;
  Describe(at_hand, pool, handling);
  Check(at_hand, handling);
  return Fed::kPacket;
}

/// As what is met in the middle of a connection, and joined anew wherever it makes no sense.
void ReadJoined(const std::uint8_t* data, std::size_t size) {
  Connection connection;
  Join(connection);
  while (size > 1) {
    std::size_t bytes = data[0] == 0 ? size : data[0];
    ++data, --size;
    if (bytes > size) bytes = size;
    const bool is_quiet = bytes == 1 && connection.joined == Connection::kProven;
    const Fed fed = is_quiet ? ReadQuietly(connection, data) : Read(connection, data, bytes);
    if (fed == Fed::kPacket && connection.joined != 0 && connection.joined != Connection::kProven) std::abort();
    if (fed == Fed::kNotMqtt || fed == Fed::kLostSync) Join(connection);
    data += bytes, size -= bytes;
  }
}

/// A broker that hears the same clients as another one, in other pieces.
struct FuzzedBroker {
  FuzzedBroker() { sheet.Start(&figures); }
  void Take(bool is_sent, const std::uint8_t* data, std::size_t bytes) {
    const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes]);
    std::memcpy(copy.get(), data, bytes);
    const SentState state = {link, sheet};
    PacketCounts counts = {};
    if (!is_sent)
      link.Read(sheet, copy.get(), bytes);
    else if (sent.is_lost == 0)  // what is lost is taken up again by whole packets only
      (void)FollowSent(sent, copy.get(), bytes, counts, &state);
  }
  void Close() {
    link.Closed(sheet);
    link = {};
    sent = {};
  }

  mqtrack::log::BrokerFigures figures = {};
  BrokerSheet sheet;
  ClientLink link = {};
  SentPackets sent = {};
};

void TellBrokers(const std::uint8_t* data, std::size_t size) {
  static FuzzedBroker whole, bytewise;  // each begins where the last input has left it
  for (bool is_sent = false; size > 1; is_sent = !is_sent) {
    std::size_t bytes = data[0] == 0 ? size : data[0];
    ++data, --size;
    if (bytes > size) bytes = size;
    whole.Take(is_sent, data, bytes);
    for (std::size_t i = 0; i < bytes; ++i) bytewise.Take(is_sent, data + i, 1);
    data += bytes, size -= bytes;
  }
  whole.Close();
  bytewise.Close();
  if (std::memcmp(whole.figures.of, bytewise.figures.of, sizeof whole.figures.of) != 0) std::abort();
  for (const std::uint64_t count : whole.figures.of) {
    if (static_cast<std::int64_t>(count) < 0) std::abort();
  }
}

bool AreAtOnePlace(const Connection& one, const Connection& other) {
  return one.phase == other.phase && one.first == other.first && one.length == other.length && one.read == other.read &&
         one.length_bytes == other.length_bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReadJoined(data, size);
  TellBrokers(data, size);
  Connection whole = {}, bytewise = {}, quiet = {};
  bool follows_bytewise = true;
  while (size > 1) {
    std::size_t bytes = data[0] == 0 ? size : data[0];
    ++data, --size;
    if (bytes > size) bytes = size;
    const Fed fed = Read(whole, data, bytes);
    Fed last = Fed::kPacket;
    for (std::size_t i = 0; i < bytes && follows_bytewise && last == Fed::kPacket; ++i) {
      last = Read(bytewise, data + i, 1);
      // It asks for less, so it must go on at least as long.
      if (last == Fed::kPacket && (ReadQuietly(quiet, data + i) != Fed::kPacket || !AreAtOnePlace(quiet, bytewise)))
        std::abort();
    }
    follows_bytewise = follows_bytewise && last == Fed::kPacket;
    // A head that comes in pieces is kept only in part: it can hide a fault, never invent one.
    if (fed == Fed::kPacket && !follows_bytewise) std::abort();
    if (fed != Fed::kPacket) return 0;
    data += bytes, size -= bytes;
  }
  return 0;
}
