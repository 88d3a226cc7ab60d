// What passes through the proxy undisturbed, between a client and a broker that are sockets of this test.
#include "libtrack/disturb/proxy.h"

#include <gtest/gtest.h>

#include <string>

#include "libtrack/mqtt/packet_writer.h"
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
  const std::string message = Message(60'000);
  constexpr std::size_t kMost = 100'000'000;
  std::size_t sent = 0;
  int unmoved = 0;
  // Until the broker cannot send any more, since the client does not read.
  for (std::size_t before = 0; unmoved < 100 && sent < kMost;) {
    if (broker_.unsent_bytes() == 0) broker_.Send(message), sent += message.size();
    Move(false);
    unmoved = broker_.unsent_bytes() != 0 && broker_.unsent_bytes() == before ? unmoved + 1 : 0;
    before = broker_.unsent_bytes();
  }
  EXPECT_LT(sent, kMost) << "it takes whatever comes";
  client_.set_most_held(2 * kMost);
  broker_.Finish();
  while (!client_.is_closed()) Move();
  EXPECT_EQ(client_.received().size(), sent) << "and loses nothing";
}

TEST_F(ProxyTest, PassesTheLastWordsOfASideThatEnds) {
  const std::string message = Message(3'000'000);
  client_.set_most_held(2 * message.size());
  broker_.Send(message);
  broker_.Finish();
  while (!client_.is_closed()) Move();
  EXPECT_EQ(client_.received().size(), message.size());
}

}  // namespace
}  // namespace mqtrack::disturb
