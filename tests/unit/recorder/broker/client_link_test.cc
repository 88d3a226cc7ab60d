#include "preload/recorder/broker/client_link.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>

#include "preload/recorder/packets/sent_packets.h"

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;
using Figure = log::BrokerFigure;
using Gap = log::BrokerGap;

std::string Two(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)}; }
std::string Four(unsigned value) { return Two(value >> 16) + Two(value & 0xffff); }
std::string Text(const std::string& text) { return Two(static_cast<unsigned>(text.size())) + text; }
std::string Length(std::size_t rest) {
  std::string bytes;
  do {
    bytes += static_cast<char>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest != 0);
  return bytes;
}
std::string Packet(unsigned first, const std::string& body) {
  return std::string(1, static_cast<char>(first)) + Length(body.size()) + body;
}
/// All properties of a packet of MQTT 5.
std::string Properties(const std::string& all) { return Length(all.size()) + all; }

constexpr unsigned kClean = 0x02, kWill = 0x04, kWillRetain = 0x20;
/// `expiry`: of a session, 0: not said.
std::string Connect(const std::string& id, unsigned flags, int version = 4, unsigned expiry = 0,
                    const std::string& will = "") {
  const std::string name = version == 3 ? Text("MQIsdp") : Text("MQTT");
  const std::string properties = version != 5  ? ""
                                 : expiry == 0 ? Properties("\x21"s + Two(20))
                                               : Properties("\x21"s + Two(20) + "\x11"s + Four(expiry));
  return Packet(0x10,
                name + static_cast<char>(version) + static_cast<char>(flags) + Two(60) + properties + Text(id) + will);
}
/// The part of a CONNECT that says the will.
std::string Will(const std::string& topic, const std::string& payload) { return Text(topic) + Text(payload); }
std::string Connack(unsigned code = 0, bool has_session = false, int version = 4, const std::string& properties = "") {
  return Packet(
      0x20, ""s + (has_session ? '\1' : '\0') + static_cast<char>(code) + (version == 5 ? Properties(properties) : ""));
}
constexpr unsigned kRetain = 1, kQos1 = 2, kQos2 = 4, kDup = 8;
std::string Publish(const std::string& topic, const std::string& payload, unsigned flags = 0, unsigned id = 0,
                    int version = 4, const std::string& properties = "") {
  return Packet(0x30 | flags, Text(topic) + ((flags & 6) != 0 ? Two(id) : "") +
                                  (version == 5 ? Properties(properties) : "") + payload);
}
std::string Subscribe(unsigned id, const std::vector<std::string>& filters, int version = 4) {
  std::string body = Two(id) + (version == 5 ? Properties("\x0b\x81\x01"s) : "");
  for (const std::string& filter : filters) body += Text(filter) + "\1";
  return Packet(0x82, body);
}
std::string Unsubscribe(unsigned id, const std::vector<std::string>& filters, int version = 4) {
  std::string body = Two(id) + (version == 5 ? Properties("") : "");
  for (const std::string& filter : filters) body += Text(filter);
  return Packet(0xa2, body);
}
std::string Suback(unsigned id, const std::string& codes, int version = 4) {
  return Packet(0x90, Two(id) + (version == 5 ? Properties("") : "") + codes);
}
std::string Ack(unsigned first, unsigned id, const std::string& rest = "") { return Packet(first, Two(id) + rest); }
constexpr unsigned kPuback = 0x40, kPubrec = 0x50, kPubrel = 0x62, kPubcomp = 0x70;
const std::string kDisconnect = "\xe0\x00"s, kPing = "\xc0\x00"s;
constexpr unsigned kNeverExpires = ~0u;

class ClientLinkTest : public testing::Test {
 protected:
  struct Client {
    ClientLink link = {};
    SentPackets sent = {};
  };

  void SetUp() override { sheet_->Start(&figures_); }

  void Reads(Client& client, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t count = piece_ != 0 ? std::min(piece_, bytes.size() - at) : bytes.size();
      // Exactly as many as it may look at.
      const std::unique_ptr<char[]> copy(new char[count]);
      bytes.copy(copy.get(), count, at);
      client.link.Read(*sheet_, copy.get(), count);
      at += count;
    }
  }
  void Writes(Client& client, const std::string& bytes) {
    const SentState state = {client.link, *sheet_};
    PacketCounts counts = {};
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t count = piece_ != 0 ? std::min(piece_, bytes.size() - at) : bytes.size();
      EXPECT_TRUE(FollowSent(client.sent, bytes.data() + at, count, counts, &state));
      at += count;
    }
  }
  void Connects(Client& client, const std::string& connect, const std::string& connack = Connack()) {
    Reads(client, connect);
    Writes(client, connack);
  }
  void Closes(Client& client) {
    client.link.Closed(*sheet_);
    client = {};
  }
  [[nodiscard]] std::uint64_t OfBefore(log::BrokerBefore count) const {
    return figures_.of[static_cast<std::size_t>(count)];
  }
  [[nodiscard]] std::int64_t Of(Figure figure) const {
    return static_cast<std::int64_t>(figures_.of[static_cast<std::size_t>(figure)]);
  }
  [[nodiscard]] bool Has(Gap gap) const { return (figures_.gaps >> static_cast<unsigned>(gap) & 1) != 0; }
  /// connected, sessions, offline
  [[nodiscard]] std::string Clients() const {
    return std::to_string(Of(Figure::kConnected)) + " " + std::to_string(Of(Figure::kSessions)) + " " +
           std::to_string(Of(Figure::kOffline));
  }

  std::size_t piece_ = 0;  // bytes for each call; 0: all at once
  log::BrokerFigures figures_ = {};
  std::unique_ptr<BrokerSheet> sheet_ = std::make_unique<BrokerSheet>();
};

TEST_F(ClientLinkTest, ACleanSessionEndsWithItsConnection) {
  Client client;
  Connects(client, Connect("a", kClean));
  EXPECT_EQ(figures_.is_broker, 1);
  EXPECT_EQ(Clients(), "1 1 0");
  Reads(client, Subscribe(1, {"x", "y"}));
  EXPECT_EQ(Of(Figure::kSubscriptions), 2);
  Closes(client);
  EXPECT_EQ(Clients(), "0 0 0");
  EXPECT_EQ(Of(Figure::kSubscriptions), 0);
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(ClientLinkTest, APersistentOneDoesNotAndIsFoundAgain) {
  for (const int version : {3, 4}) {
    Client client;
    Connects(client, Connect("a" + std::to_string(version), 0, version));
    Reads(client, Subscribe(1, {"x", "y"}));
    Closes(client);
    EXPECT_EQ(Clients(), "0 1 1");
    EXPECT_EQ(Of(Figure::kSubscriptions), 2);
    Connects(client, Connect("a" + std::to_string(version), 0, version), Connack(0, version != 3));
    Reads(client, Subscribe(2, {"x"}) + Unsubscribe(3, {"y", "never"}));
    EXPECT_EQ(Clients(), "1 1 0");
    EXPECT_EQ(Of(Figure::kSubscriptions), 1);
    Closes(client);
    Connects(client, Connect("a" + std::to_string(version), kClean, version));
    EXPECT_EQ(Of(Figure::kSubscriptions), 0);
    Closes(client);
    EXPECT_EQ(Clients(), "0 0 0");
  }
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(ClientLinkTest, WhatTheBrokerHasForgottenIsForgotten) {
  Client client;
  Connects(client, Connect("a", 0));
  Reads(client, Subscribe(1, {"x"}));
  Closes(client);
  Connects(client, Connect("a", 0), Connack(0, false));
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(Of(Figure::kSubscriptions), 0);
}

TEST_F(ClientLinkTest, ASessionThatWasThereBeforeIsAGap) {
  Client client;
  Connects(client, Connect("a", 0), Connack(0, true));
  EXPECT_TRUE(Has(Gap::kStored));
}

TEST_F(ClientLinkTest, Version5SaysHowLongASessionIsKept) {
  Client ends, stays, told, asked;
  Connects(ends, Connect("ends", 0, 5), Connack(0, false, 5));
  Connects(stays, Connect("stays", kClean, 5, kNeverExpires), Connack(0, false, 5));
  Connects(told, Connect("told", 0, 5), Connack(0, false, 5, "\x11"s + Four(kNeverExpires)));
  Connects(asked, Connect("asked", 0, 5, kNeverExpires), Connack(0, false, 5));
  Reads(asked, Packet(0xe0, "\x00"s + Properties("\x11"s + Four(0))));
  EXPECT_EQ(Clients(), "4 4 0");
  for (Client* client : {&ends, &stays, &told, &asked}) Closes(*client);
  EXPECT_EQ(Clients(), "0 2 2");
}

TEST_F(ClientLinkTest, ASessionWhoseTimeIsOverGoesWhenAClientIsHeard) {
  Client client, other;
  Connects(client, Connect("a", kClean, 5, 1), Connack(0, false, 5));
  Reads(client, Subscribe(1, {"x"}, 5));
  Closes(client);
  EXPECT_EQ(Clients(), "0 1 1");
  const std::uint64_t end = figures_.next_expiry;
  EXPECT_NE(end, 0);
  Connects(other, Connect("b", kClean));
  while (static_cast<std::uint64_t>(time(nullptr)) <= end) Reads(other, kPing);
  Reads(other, kPing);
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(Of(Figure::kSubscriptions), 0);
  EXPECT_EQ(figures_.next_expiry, 0);
}

TEST_F(ClientLinkTest, WhoIsRefusedHasNoSession) {
  Client client;
  Connects(client, Connect("a", 0, 4, 0), Connack(5));
  EXPECT_EQ(Clients(), "0 0 0");
  Closes(client);
  EXPECT_EQ(Clients(), "0 0 0");
  Reads(client, Connect("b", 0));
  Closes(client);
  EXPECT_EQ(Clients(), "0 0 0");
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(ClientLinkTest, WhoSendsMoreBeforeTheAnswerIsBelieved) {
  Client client;
  Reads(client, Connect("a", kClean) + Subscribe(1, {"x"}) + Publish("t", "p", kRetain));
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(Of(Figure::kSubscriptions), 1);
  Writes(client, Connack() + Suback(1, "\1"));
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(figures_.gaps, 0);
  Reads(client, Connect("b", 0) + Subscribe(1, {"x"}));
  Writes(client, Connack(5));
  EXPECT_EQ(Clients(), "0 0 0");
  EXPECT_TRUE(Has(Gap::kRefusals));
}

TEST_F(ClientLinkTest, ASecondConnectionTakesTheSessionOver) {
  Client first, second;
  Connects(first, Connect("a", 0));
  Reads(first, Subscribe(1, {"x"}));
  Connects(second, Connect("a", 0), Connack(0, true));
  EXPECT_EQ(Clients(), "1 1 0");
  Closes(first);
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(Of(Figure::kSubscriptions), 1);
  Closes(second);
  EXPECT_EQ(Clients(), "0 1 1");
}

TEST_F(ClientLinkTest, EmptyIdsAreClientsOfTheirOwn) {
  Client first, second, assigned, again;
  Connects(first, Connect("", kClean));
  Connects(second, Connect("", kClean));
  EXPECT_EQ(Clients(), "2 2 0");
  Connects(assigned, Connect("", kClean, 5, kNeverExpires), Connack(0, false, 5, "\x12"s + Text("made-up")));
  Closes(assigned);
  EXPECT_EQ(Clients(), "2 3 1");
  Connects(again, Connect("made-up", 0, 5), Connack(0, true, 5));
  EXPECT_EQ(Clients(), "3 3 0");
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(ClientLinkTest, SubscriptionsAreDistinctFiltersOfEachClient) {
  Client first, second;
  Connects(first, Connect("a", kClean));
  Connects(second, Connect("b", kClean, 5), Connack(0, false, 5));
  Reads(first, Subscribe(1, {"x", "y", "x"}) + Subscribe(2, {"x"}));
  Reads(second, Subscribe(1, {"x", std::string(5000, 'z')}, 5));
  EXPECT_EQ(Of(Figure::kSubscriptions), 4);
  Reads(second, Unsubscribe(2, {std::string(5000, 'z'), "y"}, 5));
  EXPECT_EQ(Of(Figure::kSubscriptions), 3);
}

TEST_F(ClientLinkTest, ARefusedSubscriptionIsNone) {
  for (const int version : {4, 5}) {
    Client client;
    Connects(client, Connect("a", kClean, version), Connack(0, false, version));
    Reads(client, Subscribe(1, {"old"}, version));
    Writes(client, Suback(1, "\1", version));
    Reads(client, Subscribe(2, {"x", "old", "no", "y"}, version));
    Writes(client, Suback(2, "\1\x80\x80\1"s, version));
    EXPECT_EQ(Of(Figure::kSubscriptions), 3);
    EXPECT_EQ(figures_.gaps, 0);
    Closes(client);
  }
  Client client;
  Connects(client, Connect("a", kClean));
  Reads(client, Subscribe(1, {"x"}) + Subscribe(2, {"y"}));
  Writes(client, Suback(1, "\x80"));
  EXPECT_TRUE(Has(Gap::kRefusals));
}

TEST_F(ClientLinkTest, RetainedMessagesAreOneForEachTopic) {
  Client client;
  Connects(client, Connect("a", kClean));
  for (int i = 0; i < 500; ++i) Reads(client, Publish("t/" + std::to_string(i), "v", kRetain | kQos1, 7));
  for (int i = 0; i < 200; ++i) Reads(client, Publish("t/" + std::to_string(i), "new", kRetain));
  Reads(client, Publish("other", "v") + Publish("other", ""));
  EXPECT_EQ(Of(Figure::kRetained), 500);
  EXPECT_EQ(Of(Figure::kRetainedSet), 700);
  for (int i = 0; i < 300; ++i) Reads(client, Publish("t/" + std::to_string(i), "", kRetain | kQos1, 7));
  Reads(client, Publish("never", "", kRetain));
  EXPECT_EQ(Of(Figure::kRetained), 200);
  EXPECT_EQ(Of(Figure::kRetainedCleared), 301);
  Closes(client);
  EXPECT_EQ(Of(Figure::kRetained), 200);
  EXPECT_EQ(figures_.gaps, 0);
}

TEST_F(ClientLinkTest, TopicsMayBeLongAndAnAliasMayStandForThem) {
  Client client;
  Connects(client, Connect("a", kClean, 5), Connack(0, false, 5));
  const std::string topic(65000, 't');
  Reads(client, Publish(topic + "1", std::string(300, 'x'), kRetain, 0, 5) + Publish(topic + "2", "x", kRetain, 0, 5));
  EXPECT_EQ(Of(Figure::kRetained), 2);
  const std::string alias = "\x23"s + Two(3), user = "\x26"s + Text("key") + Text("");
  Reads(client, Publish("news", "x", kQos1, 9, 5, user + alias) + Publish("", "x", kRetain, 0, 5, alias + user));
  EXPECT_EQ(Of(Figure::kRetained), 3);
  Reads(client, Publish("news", "", kRetain, 0, 5));
  EXPECT_EQ(Of(Figure::kRetained), 2);
  EXPECT_EQ(figures_.gaps, 0);
  Reads(client, Publish("", "x", kRetain, 0, 5, "\x23"s + Two(4)));
  EXPECT_EQ(Of(Figure::kRetained), 2);
  EXPECT_TRUE(Has(Gap::kAliases));
}

TEST_F(ClientLinkTest, AMessageThatExpiresIsAGap) {
  Client client;
  Connects(client, Connect("a", kClean, 5), Connack(0, false, 5));
  Reads(client, Publish("t", "x", 0, 0, 5, "\x02"s + Four(60)));
  EXPECT_EQ(figures_.gaps, 0);
  Reads(client, Publish("t", "x", kRetain, 0, 5, "\x02"s + Four(60)));
  EXPECT_TRUE(Has(Gap::kExpiry));
}

TEST_F(ClientLinkTest, MessagesAreUnderWayUntilTheyAreAcknowledged) {
  Client client;
  Connects(client, Connect("a", 0));
  Writes(client,
         Publish("t", "x") + Publish("t", "x", kQos1, 1) + Publish("t", "x", kQos2, 2) + Publish("t", "x", kQos1, 3));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 3);
  Reads(client, Ack(kPuback, 1) + Ack(kPubrec, 2));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 2);
  Reads(client, Ack(kPubcomp, 2) + Ack(kPuback, 77));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 1);
  Closes(client);
  EXPECT_EQ(Of(Figure::kUnacknowledged), 1);
  Connects(client, Connect("a", 0), Connack(0, true));
  Writes(client, Publish("t", "x", kQos1 | kDup, 3));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 1);
  Reads(client, Ack(kPuback, 3));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 0);
}

TEST_F(ClientLinkTest, ThoseOfASessionThatIsNotKeptAreGone) {
  Client client;
  Connects(client, Connect("a", kClean));
  Writes(client, Publish("t", "x", kQos1, 1));
  Reads(client, Publish("t", "x", kQos2, 1));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 1);
  EXPECT_EQ(Of(Figure::kHalfOpen), 1);
  Closes(client);
  EXPECT_EQ(Of(Figure::kUnacknowledged), 0);
  EXPECT_EQ(Of(Figure::kHalfOpen), 0);
}

TEST_F(ClientLinkTest, ARefusalOfVersion5IsAnAcknowledgement) {
  Client client;
  Connects(client, Connect("a", kClean, 5), Connack(0, false, 5));
  Writes(client, Publish("t", "x", kQos2, 2, 5));
  Reads(client, Ack(kPubrec, 2, "\x97"s + Properties("")));
  EXPECT_EQ(Of(Figure::kUnacknowledged), 0);
  Reads(client, Publish("t", "x", kQos2, 5, 5));
  EXPECT_EQ(Of(Figure::kHalfOpen), 1);
  Writes(client, Ack(kPubrec, 5, "\x97"));
  EXPECT_EQ(Of(Figure::kHalfOpen), 0);
}

TEST_F(ClientLinkTest, OfQos2AMessageIsHalfOpenUntilItIsReleased) {
  Client client;
  Connects(client, Connect("a", kClean));
  Reads(client, Publish("t", "x", kQos2, 1) + Publish("t", "x", kQos2 | kDup, 1) + Publish("t", "x", kQos2, 2));
  EXPECT_EQ(Of(Figure::kHalfOpen), 2);
  Writes(client, Ack(kPubrec, 1) + Ack(kPubrec, 2));
  Reads(client, Ack(kPubrel, 1));
  EXPECT_EQ(Of(Figure::kHalfOpen), 1);
}

TEST_F(ClientLinkTest, WillsAreThoseOfConnectedClients) {
  Client first, second, third;
  Connects(first, Connect("a", kClean | kWill, 4, 0, Will("w", "gone")));
  Connects(second, Connect("b", kClean | kWill | kWillRetain, 4, 0, Will("w/b", "gone")));
  Connects(third, Connect("c", kClean | kWill | kWillRetain, 5, 0, Properties("") + Will("w/c", "gone")),
           Connack(0, false, 5));
  EXPECT_EQ(Of(Figure::kWills), 3);
  Reads(first, kDisconnect);
  EXPECT_EQ(Of(Figure::kWills), 2);
  Closes(first);
  EXPECT_EQ(Of(Figure::kRetained), 0);
  Closes(second);  // without a word: its will is published
  EXPECT_EQ(Of(Figure::kRetained), 1);
  Reads(third, Packet(0xe0, "\x04"));  // with its will
  Closes(third);
  EXPECT_EQ(Of(Figure::kWills), 0);
  EXPECT_EQ(Of(Figure::kRetained), 2);
}

TEST_F(ClientLinkTest, AWillThatWaitsIsAGapIfItIsRetained) {
  Client client;
  Connects(client,
           Connect("c", kClean | kWill | kWillRetain, 5, kNeverExpires,
                   Properties("\x18"s + Four(60)) + Will("w/c", "gone")),
           Connack(0, false, 5));
  Closes(client);
  EXPECT_EQ(Of(Figure::kRetained), 0);
  EXPECT_TRUE(Has(Gap::kExpiry));
}

TEST_F(ClientLinkTest, WhatMakesNoSenseChangesNothing) {
  const std::string good = Connect("a", kClean, 5) + kPing;
  for (const std::string& bad :
       {Packet(0x31, Two(500) + "short"), Packet(0x31, Text("t") + "\x05\x7f"s), Packet(0x82, Two(1) + "\x02\x26"s),
        Packet(0x82, Two(1) + "\x01\x0b"s + Text("filter") + "\1"), Packet(0x40, "\1"), "\xf1\x00"s,
        "\x31\xff\xff\xff\xff\x01"s, Packet(0x31, ""), Packet(0x35, Text("t"))}) {
    Client client;
    Connects(client, good, Connack(0, false, 5));
    Reads(client, bad);
    EXPECT_EQ(Of(Figure::kRetained) + Of(Figure::kSubscriptions) + Of(Figure::kHalfOpen), 0);
    Closes(client);
    EXPECT_EQ(Clients(), "0 0 0");
  }
  Client client;
  Reads(client, Packet(0x10, Text("MQTT") + "\4\2" + Two(60) + Two(9) + "cut"));
  Writes(client, Connack());
  EXPECT_EQ(Clients(), "0 0 0");
}

TEST_F(ClientLinkTest, ItDoesNotMatterHowManyBytesComeAtATime) {
  for (piece_ = 1; piece_ < 40; ++piece_) {
    figures_ = {};
    sheet_ = std::make_unique<BrokerSheet>();
    sheet_->Start(&figures_);
    Client client, other;
    Connects(client, Connect("a", kWill, 5, kNeverExpires, Properties("") + Will("w", "x")), Connack(0, false, 5));
    Connects(other, Connect("b", kClean) + Subscribe(1, {"x", "y/#", "z"}));
    Writes(other, Suback(1, "\1\x80\1"s) + Publish("x", "payload", kQos1, 4) + Publish("x", "payload", kQos2, 5));
    Reads(client, Publish("t", "x", kRetain | kQos2, 3, 5, "\x23"s + Two(1)) +
                      Publish("", "x", kRetain, 0, 5, "\x23"s + Two(1)) + Publish("u", "", kRetain, 0, 5) +
                      Publish(std::string(200, 'v'), "x", kRetain, 0, 5) + kPing);
    Reads(other, Ack(kPuback, 4) + Unsubscribe(2, {"z"}));
    EXPECT_EQ(Clients(), "2 2 0");
    EXPECT_EQ(Of(Figure::kSubscriptions), 1);
    EXPECT_EQ(Of(Figure::kRetained), 2);
    EXPECT_EQ(Of(Figure::kRetainedSet), 3);
    EXPECT_EQ(Of(Figure::kRetainedCleared), 1);
    EXPECT_EQ(Of(Figure::kUnacknowledged), 1);
    EXPECT_EQ(Of(Figure::kHalfOpen), 1);
    EXPECT_EQ(Of(Figure::kWills), 1);
    EXPECT_EQ(figures_.gaps, 0);
  }
}

TEST_F(ClientLinkTest, AConnectionThatWasOpenBeforeTellsOfRetainedMessagesOnly) {
  Client client;
  client.link.Join(*sheet_, 4);
  Reads(client, Subscribe(1, {"x"}) + Publish("t", "x", kRetain | kQos2, 3) + Ack(kPubrel, 3));
  Writes(client, Suback(1, "\x80") + Publish("t", "x", kQos1, 1));
  EXPECT_EQ(figures_.is_broker, 1);
  EXPECT_EQ(Of(Figure::kRetained), 1);
  EXPECT_EQ(Of(Figure::kSubscriptions) + Of(Figure::kHalfOpen) + Of(Figure::kUnacknowledged), 0);
  Closes(client);
  EXPECT_EQ(Clients(), "0 0 0");
}

TEST_F(ClientLinkTest, WhoWasThereBeforeIsNotTakenForNewWhenItComesBack) {
  Client joined, again, stored;
  joined.link.Join(*sheet_, 4);
  Reads(joined, Publish("t", "x"));
  Closes(joined);
  EXPECT_EQ(OfBefore(log::BrokerBefore::kLeft), 1u);
  Reads(again, Connect("a", 0));
  Writes(again, Connack(0, true));  // the broker had its session
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(OfBefore(log::BrokerBefore::kKept), 1u);
  Closes(again);
  Reads(stored, Connect("a", 0));
  Writes(stored, Connack(0, true));  // which is known by now
  EXPECT_EQ(OfBefore(log::BrokerBefore::kKept), 1u);
  EXPECT_EQ(OfBefore(log::BrokerBefore::kLeft), 1u);
}

TEST_F(ClientLinkTest, AConnectionOfTheParentsIsNotLeftInAChild) {
  Client joined;
  joined.link.Join(*sheet_, 4);
  figures_ = {};
  sheet_->Start(&figures_);  // as in a child of fork
  Closes(joined);
  EXPECT_EQ(OfBefore(log::BrokerBefore::kLeft), 0u);
}

TEST_F(ClientLinkTest, WhatBeganBeforeTheLogIsNotEndedInIt) {
  Client client, other;
  Connects(client, Connect("a", kWill, 4, 0, Will("w", "x")));
  Reads(client, Subscribe(1, {"x"}));
  figures_ = {};
  sheet_->Start(&figures_);  // as in a child of fork
  Connects(other, Connect("b", kClean));
  Reads(client, Subscribe(2, {"y"}) + Ack(kPuback, 4));
  Closes(client);
  EXPECT_EQ(Clients(), "1 1 0");
  EXPECT_EQ(Of(Figure::kWills) + Of(Figure::kSubscriptions), 0);
  EXPECT_TRUE(Has(Gap::kEarlier));
}

}  // namespace
}  // namespace mqtrack::recorder
