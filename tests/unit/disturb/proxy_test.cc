// What passes through the proxy undisturbed, between a client and a broker that are sockets of this test.
#include "libtrack/disturb/proxy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "libtrack/hunt/test_files.h"
#include "libtrack/mqtt/packet_writer.h"
#include "tests/support/scratch_directory.h"
#include "tests/support/tcp_listener.h"

namespace mqtrack::disturb {
namespace {

using mqtt::Connection;

class ProxyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Proxy::Make(testing::AnyPort(), upstream_.where);
    ASSERT_TRUE(made) << made.error().ToString();
    proxy_ = *std::move(made);
    auto client = Connection::Open(*mqtt::ParseEndpoint("127.0.0.1:" + std::to_string(proxy_->port())));
    ASSERT_TRUE(client);
    client_ = *std::move(client);
    proxy_->Poll(10'000);
    broker_ = upstream_.Accept();
  }
  static std::string Message(std::size_t bytes) {
    mqtt::Packet message;
    message.type = mqtt::Type::kPublish;
    message.topic = "t";
    message.payload = std::string(bytes, 'm');
    return mqtt::Write(message, mqtt::Version::k311);
  }
  /// All sides move; the client reads only if told to.
  void Move(bool client_reads = true) {
    proxy_->Poll(0);
    broker_.Advance();
    if (client_reads) client_.Advance();
  }

  /// Messages to the client, which reads nothing, until the broker cannot send any more, or they are too many. How many
  /// bytes they are.
  std::size_t SendUntilFull(std::size_t most) {
    const std::string message = Message(60'000);
    std::size_t sent = 0;
    int unmoved = 0;
    for (std::size_t before = 0; unmoved < 100 && sent < most;) {
      if (broker_.unsent_bytes() == 0) broker_.Send(message), sent += message.size();
      Move(false);
      unmoved = broker_.unsent_bytes() != 0 && broker_.unsent_bytes() == before ? unmoved + 1 : 0;
      before = broker_.unsent_bytes();
    }
    return sent;
  }

  testing::TcpListener upstream_;
  std::unique_ptr<Proxy> proxy_;
  Connection client_, broker_;
};

TEST_F(ProxyTest, PassesPacketsThatAreLongerThanWhatConnectionsUsuallyHold) {
  const std::string message = Message(5'000'000);
  client_.Send(message);
  broker_.set_most_held(2 * message.size());
  while (broker_.received().size() < message.size()) Move();
  EXPECT_TRUE(broker_.received() == message);
}

TEST_F(ProxyTest, ReadsNoMoreThanTheOtherSideTakes) {
  constexpr std::size_t kMost = 100'000'000;
  const std::size_t sent = SendUntilFull(kMost);
  EXPECT_LT(sent, kMost) << "it takes whatever comes";
  client_.set_most_held(2 * kMost);
  broker_.Finish();
  while (!client_.is_closed()) Move();
  EXPECT_EQ(client_.received().size(), sent) << "and loses nothing";
}

TEST_F(ProxyTest, AConnectionThatEndsHasNotRecovered) {
  // Of a unix socket the kernel holds less than the last message, and that is less than what the proxy stops reading
  // at.
  const testing::ScratchDirectory scratch;
  const mqtt::Endpoint door = *mqtt::ParseEndpoint("unix:" + scratch.path() + "/door");
  proxy_ = *Proxy::Make(door, upstream_.where);
  client_ = *Connection::Open(door);
  proxy_->Poll(10'000);
  broker_ = upstream_.Accept();
  mqtt::Packet connect, welcome;
  connect.type = mqtt::Type::kConnect;
  connect.client_id = "one";
  welcome.type = mqtt::Type::kConnack;
  client_.Send(mqtt::Write(connect, mqtt::Version::k311));
  while (broker_.received().empty()) Move();
  const std::string first = mqtt::Write(welcome, mqtt::Version::k311) + Message(1), last = Message(1'000'000);
  broker_.Send(first);
  while (!proxy_->has_recovered()) Move();
  broker_.Send(last);
  broker_.Finish();
  while (proxy_->has_recovered()) Move(false);
  client_.set_most_held(2 * last.size());
  while (!client_.is_closed()) Move();
  EXPECT_EQ(client_.received().size(), first.size() + last.size()) << "its last words were still on their way";
}

TEST_F(ProxyTest, PassesTheLastWordsOfASideThatEnds) {
  const std::string message = Message(3'000'000);
  client_.set_most_held(2 * message.size());
  broker_.Send(message);
  broker_.Finish();
  while (!client_.is_closed()) Move();
  EXPECT_EQ(client_.received().size(), message.size());
}

/// Both ends of the proxy: how clients speak to it, and it to the broker.
class ProxyDoorTest : public ::testing::TestWithParam<const char*> {
 protected:
  static mqtt::Endpoint As(const std::string& scheme, std::uint16_t port) {
    return *mqtt::ParseEndpoint(scheme + "127.0.0.1:" + std::to_string(port));
  }
  testing::ScratchDirectory scratch_;
  testing::TcpListener upstream_;
};

TEST_P(ProxyDoorTest, PassesPacketsInBothDirections) {
  const auto files = hunt::WriteTestFiles(scratch_.path());
  ASSERT_TRUE(files);
  mqtt::Endpoint listen = As(GetParam(), 1), upstream = As(GetParam(), upstream_.where.port);
  listen.address = testing::AnyPort().address;
  ProxyTls tls;
  if (listen.tls) tls = {files->certificate, files->key, files->certificate};
  auto proxy = Proxy::Make(listen, upstream, tls);
  ASSERT_TRUE(proxy) << proxy.error().ToString();
  mqtt::TlsOptions shown;
  shown.is_server = true;
  shown.cert_file = files->certificate, shown.key_file = files->key;
  const auto to_broker = *mqtt::TlsContext::Make({}), at_broker = *mqtt::TlsContext::Make(shown);
  Connection client = *Connection::Open(As(GetParam(), (*proxy)->port()), to_broker.get());
  mqtt::Packet ping;
  ping.type = mqtt::Type::kPingreq;
  const std::string asked = mqtt::Write(ping, mqtt::Version::k311);
  ping.type = mqtt::Type::kPingresp;
  const std::string answered = mqtt::Write(ping, mqtt::Version::k311);
  client.Send(asked);
  (*proxy)->Poll(10'000);
  Connection broker = Connection::Adopt(upstream_.AcceptSocket(), upstream, at_broker.get());
  const auto move = [&] { (*proxy)->Poll(1), broker.Advance(), client.Advance(); };
  while (broker.received().empty() && !broker.is_closed() && !client.is_closed()) move();
  EXPECT_EQ(broker.received(), asked) << broker.problem() << client.problem();
  broker.Send(answered);
  while (client.received().empty() && !client.is_closed()) move();
  EXPECT_EQ(client.received(), answered) << client.problem();
}

INSTANTIATE_TEST_SUITE_P(Doors, ProxyDoorTest, ::testing::Values("mqtt://", "mqtts://", "ws://", "wss://"),
                         [](const auto& one) { return std::string(one.param, std::strchr(one.param, ':')); });

TEST(ProxyTlsTest, AListenerWithTlsNeedsACertificate) {
  mqtt::Endpoint listen = testing::AnyPort();
  listen.tls = true;
  const auto without = Proxy::Make(listen, testing::AnyPort());
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().ToString().find("needs a certificate"), std::string::npos);
  EXPECT_FALSE(Proxy::Make(listen, testing::AnyPort(), {"/nowhere", "/nowhere", ""}));
}

}  // namespace
}  // namespace mqtrack::disturb
