// What a broker's answer to CONNECT makes of the connection.
#include "libtrack/publish/mqtt_publisher.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/support/tcp_listener.h"

namespace mqtrack::publish {
namespace {

using State = MqttPublisher::State;

/// Answers the first client with CONNACK and this code, and keeps the connection until it ends.
class AnsweringBroker {
 public:
  explicit AnsweringBroker(unsigned char code) : code_(code), thread_([this] { Serve(); }) {}
  ~AnsweringBroker() {
    ::shutdown(listener_.fd, SHUT_RDWR);  // wakes one that was never asked
    thread_.join();
  }
  AnsweringBroker(const AnsweringBroker&) = delete;
  AnsweringBroker& operator=(const AnsweringBroker&) = delete;
  [[nodiscard]] std::uint16_t port() const { return listener_.where.port; }

 private:
  void Serve() const {
    pollfd asked{listener_.fd, POLLIN, 0};
    (void)::poll(&asked, 1, -1);
    const int connection = ::accept(listener_.fd, nullptr, nullptr);
    char packet[1000];
    if (connection >= 0 && ::read(connection, packet, sizeof packet) > 0) {
      const unsigned char connack[] = {0x20, 2, 0, code_};
      (void)::send(connection, connack, sizeof connack, MSG_NOSIGNAL);
      while (::read(connection, packet, sizeof packet) > 0) {
      }
    }
    if (connection >= 0) ::close(connection);
  }

  testing::TcpListener listener_;
  unsigned char code_;
  std::thread thread_;
};

/// Once it is known.
State StateOf(MqttPublisher& publisher) {
  while (publisher.state() == State::kNew) publisher.Run(std::chrono::milliseconds(50));
  return publisher.state();
}

support::Result<std::unique_ptr<MqttPublisher>> Make(std::uint16_t port) {
  MqttOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = port;
  options.url.prefix = "test";
  options.machine = "refuses";  // words decide nothing
  return MqttPublisher::Make(options);
}

TEST(MqttPublisher, TellsRefusalsFromBrokersThatAreAway) {
  for (const auto& [code, state] : {std::pair<int, State>{0, State::kConnected},
                                    {1, State::kRefused},
                                    {3, State::kAway},
                                    {4, State::kRefused},
                                    {5, State::kRefused}}) {
    SCOPED_TRACE(code);
    const AnsweringBroker broker(static_cast<unsigned char>(code));
    auto publisher = Make(broker.port());
    ASSERT_TRUE(publisher) << publisher.error().ToString();
    EXPECT_EQ((*publisher)->state(), State::kNew);
    EXPECT_EQ(StateOf(**publisher), state);
    EXPECT_EQ((*publisher)->problem().empty(), state == State::kConnected);
  }
}

TEST(MqttPublisher, WhereNobodyListensTheBrokerIsAway) {
  std::uint16_t port = 0;
  { port = testing::TcpListener().where.port; }
  auto publisher = Make(port);
  ASSERT_TRUE(publisher);
  EXPECT_EQ(StateOf(**publisher), State::kAway);
}

}  // namespace
}  // namespace mqtrack::publish
