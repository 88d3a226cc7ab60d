// What a broker's answer to CONNECT makes of the connection.
#include "libtrack/publish/mqtt_publisher.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace mqtrack::publish {
namespace {

using State = MqttPublisher::State;

/// Answers the first client with CONNACK and this code, and keeps the connection until it ends.
class AnsweringBroker {
 public:
  explicit AnsweringBroker(unsigned char code) : code_(code) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket_, 1);
    socklen_t length = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~AnsweringBroker() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  AnsweringBroker(const AnsweringBroker&) = delete;
  AnsweringBroker& operator=(const AnsweringBroker&) = delete;
  [[nodiscard]] int port() const { return port_; }

 private:
  void Serve() const {
    const int connection = ::accept(socket_, nullptr, nullptr);
    char packet[1000];
    if (::read(connection, packet, sizeof packet) > 0) {
      const unsigned char connack[] = {0x20, 2, 0, code_};
      (void)::send(connection, connack, sizeof connack, MSG_NOSIGNAL);
      while (::read(connection, packet, sizeof packet) > 0) {
      }
    }
    ::close(connection);
  }

  unsigned char code_;
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::thread thread_;
};

/// Once it is known.
State StateOf(MqttPublisher& publisher) {
  while (publisher.state() == State::kNew) publisher.Run(std::chrono::milliseconds(50));
  return publisher.state();
}

support::Result<std::unique_ptr<MqttPublisher>> Make(int port) {
  MqttOptions options;
  options.url.host = "127.0.0.1";
  options.url.port = static_cast<std::uint16_t>(port);
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
  int port = 0;
  { port = AnsweringBroker(0).port(); }
  auto publisher = Make(port);
  ASSERT_TRUE(publisher);
  EXPECT_EQ(StateOf(**publisher), State::kAway);
}

}  // namespace
}  // namespace mqtrack::publish
