// A client of a load, with a broker that is a socket of this test.
#include "libtrack/stress/load_client.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libtrack/mqtt/packet_reader.h"
#include "libtrack/mqtt/packet_writer.h"
#include "tests/support/tcp_listener.h"

namespace mqtrack::stress {
namespace {

using mqtt::Connection;
using mqtt::Type;
constexpr std::int64_t kSecond = 1'000'000'000;

class LoadClientTest : public ::testing::Test {
 protected:
  /// Until the broker has got a packet, whose type is returned.
  Type Receive(LoadClient& client) {
    for (;;) {
      const auto raw = mqtt::CutPacket(broker_.received(), 1'000'000);
      if (raw && *raw) {
        const Type type = (*raw)->type();
        broker_.received().erase(0, (*raw)->size);
        return type;
      }
      Move(client);
    }
  }
  void Move(LoadClient& client) {
    const Connection& own = client.connection();
    pollfd ready[2] = {{own.fd(), static_cast<short>(own.events()), 0},
                       {broker_.fd(), static_cast<short>(broker_.events()), 0}};
    ASSERT_GT(::poll(ready, 2, 60'000), 0);
    client.OnReady(stage_);
    broker_.Advance();
  }
  void Connect(LoadClient& client) {
    client.Connect(listener_.where, nullptr, Now(), stage_);
    broker_ = listener_.Accept();
    ASSERT_EQ(Receive(client), Type::kConnect);
    mqtt::Packet connack;
    connack.type = Type::kConnack;
    broker_.Send(mqtt::Write(connack, mqtt::Version::k311));
    while (!client.is_connected()) Move(client);
  }

  testing::TcpListener listener_;
  Connection broker_;
  StageResult stage_;
};

TEST_F(LoadClientTest, KeepsTheConnectionAliveAsItHasPromised) {
  Group group;
  group.keep_alive = 60;
  LoadClient client(group, 0);
  Connect(client);
  const std::int64_t now = Now();
  client.KeepAlive(now + 20 * kSecond);
  client.Publish(false, false, Now(), stage_);
  EXPECT_EQ(Receive(client), Type::kPublish) << "nothing is due yet";
  client.KeepAlive(now + 40 * kSecond);
  EXPECT_EQ(Receive(client), Type::kPingreq);
  client.KeepAlive(now + 45 * kSecond);
  client.Publish(false, false, Now(), stage_);
  EXPECT_EQ(Receive(client), Type::kPublish) << "the next one is due half a minute later";
}

TEST_F(LoadClientTest, PromisesNothingWhereItIsToldTo) {
  Group group;
  group.keep_alive = 0;
  LoadClient client(group, 0);
  Connect(client);
  client.KeepAlive(Now() + 1'000'000 * kSecond);
  client.Publish(false, false, Now(), stage_);
  EXPECT_EQ(Receive(client), Type::kPublish);
}

TEST_F(LoadClientTest, TakesMessagesThatAreLongerThanWhatConnectionsUsuallyHold) {
  Group group;
  LoadClient client(group, 0);
  Connect(client);
  mqtt::Packet message;
  message.type = Type::kPublish;
  message.topic = "long";
  message.payload = std::string(5'000'000, 'm');
  broker_.Send(mqtt::Write(message, mqtt::Version::k311));
  while (stage_.received == 0) Move(client);
  EXPECT_TRUE(client.is_connected());
}

TEST_F(LoadClientTest, WhoReadsNothingLearnsThatTheBrokerIsGone) {
  Group group;
  group.reads = false;
  LoadClient client(group, 0);
  Connect(client);
  EXPECT_EQ(client.connection().events() & POLLIN, 0U);
  broker_.Send("bytes that nobody reads");
  broker_.Reset();
  pollfd ready{client.connection().fd(), static_cast<short>(client.connection().events()), 0};
  ASSERT_EQ(::poll(&ready, 1, 60'000), 1) << "the kernel tells of it though nothing is asked for";
  client.OnReady(stage_);
  EXPECT_FALSE(client.is_connected()) << "or poll would tell again and again";
  EXPECT_LT(client.connection().fd(), 0);
}

}  // namespace
}  // namespace mqtrack::stress
