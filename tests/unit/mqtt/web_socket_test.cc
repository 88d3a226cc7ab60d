#include "libtrack/mqtt/web_socket.h"

#include <gtest/gtest.h>

#include <string>

namespace mqtrack::mqtt {
namespace {

using namespace std::string_literals;

const std::string kAccepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

TEST(WebSocketTest, FramesOfEveryLength) {
  EXPECT_EQ(WebSocket::Frame("\xc0\0"s).substr(0, 2), "\x82\x82"s);
  EXPECT_EQ(WebSocket::Frame(std::string(126, 'x')).substr(0, 4), "\x82\xfe\0\x7e"s);
  EXPECT_EQ(WebSocket::Frame(std::string(65'536, 'x')).substr(0, 10), "\x82\xff\0\0\0\0\0\x01\0\0"s);
}

TEST(WebSocketTest, TakesFramesAndAnswersPings) {
  WebSocket socket;
  std::string in, answers;
  ASSERT_TRUE(socket.Take(kAccepted.substr(0, 20), in, answers));
  EXPECT_FALSE(socket.is_open());
  ASSERT_TRUE(socket.Take(kAccepted.substr(20) + "\x82\x02\xd0\0\x89\x01x\x82\x7e\0\x80"s + std::string(128, 'a'), in,
                          answers));
  EXPECT_TRUE(socket.is_open());
  EXPECT_EQ(in, "\xd0\0"s + std::string(128, 'a'));
  EXPECT_EQ(answers.substr(0, 2), "\x8a\x81"s);
  ASSERT_TRUE(socket.Take("\x88\0"s, in, answers));
  EXPECT_TRUE(socket.is_closed());
}

TEST(WebSocketTest, RefusesWhatIsNoWebSocket) {
  std::string in, answers;
  EXPECT_FALSE(WebSocket().Take("HTTP/1.1 403 Forbidden\r\n\r\n", in, answers));
  EXPECT_FALSE(WebSocket().Take(std::string(20'000, 'x'), in, answers));
  EXPECT_FALSE(WebSocket().Take(kAccepted + "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, in, answers));
  EXPECT_FALSE(WebSocket().Take(kAccepted + "\x82\x82xxxxyy"s, in, answers));  // masked
}

}  // namespace
}  // namespace mqtrack::mqtt
