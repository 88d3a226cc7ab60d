#include "libtrack/mqtt/web_socket.h"

#include <gtest/gtest.h>

#include <string>

namespace mqtrack::mqtt {
namespace {

using namespace std::string_literals;

const std::string kAccepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

TEST(WebSocketTest, FramesOfEveryLength) {
  EXPECT_EQ(WebSocket().Frame("\xc0\0"s).substr(0, 2), "\x82\x82"s);
  EXPECT_EQ(WebSocket().Frame(std::string(126, 'x')).substr(0, 4), "\x82\xfe\0\x7e"s);
  EXPECT_EQ(WebSocket().Frame(std::string(65'536, 'x')).substr(0, 10), "\x82\xff\0\0\0\0\0\x01\0\0"s);
}

/// The handshake of RFC 6455, section 1.3, whose key is that of WebSocket::Request.
TEST(WebSocketTest, AServerAnswersAsTheStandardSays) {
  WebSocket server(WebSocket::Side::kServer);
  std::string in, answers;
  const std::string request = WebSocket::Request("broker", "/mqtt");
  ASSERT_TRUE(server.Take(request.substr(0, 30), in, answers));
  EXPECT_EQ(answers, "");
  ASSERT_TRUE(server.Take(request.substr(30) + WebSocket().Frame("\xc0\0"s) + WebSocket().Frame(std::string(300, 'x')),
                          in, answers));
  EXPECT_TRUE(server.is_open());
  EXPECT_EQ(in, "\xc0\0"s + std::string(300, 'x'));
  EXPECT_NE(
      answers.find("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"),
      std::string::npos)
      << answers;
  EXPECT_EQ(server.Frame("ab"), "\x82\x02"s + "ab");
  WebSocket client;
  std::string heard;
  ASSERT_TRUE(client.Take(answers + server.Frame("ab"), heard, in));
  EXPECT_EQ(heard, "ab");
}

TEST(WebSocketTest, AServerRefusesWhatIsNoClient) {
  std::string in, answers;
  const std::string request = WebSocket::Request("broker", "/mqtt");
  for (const std::string& text :
       {"POST / HTTP/1.1\r\nSec-WebSocket-Key: x\r\n\r\n"s, "GET / HTTP/1.1\r\n\r\n"s, "\r\n\r\n"s,
        "GET / HTTP/1.1\r\nSec-WebSocket-Key\r\n\r\n"s, std::string(20'000, 'x'), request + "\x82\x02" + "ab"})
    EXPECT_FALSE(WebSocket(WebSocket::Side::kServer).Take(text, in, answers)) << text.substr(0, 60);
  WebSocket any_case(WebSocket::Side::kServer);
  ASSERT_TRUE(any_case.Take("GET / HTTP/1.1\r\nsec-websocket-KEY:x\r\n\r\n", in, answers));
  EXPECT_TRUE(any_case.is_open());
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
