#include "preload/recorder/packets/foreign_connections.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;
using log::Unlabelled;

/// Of a copy of exactly these bytes, so that a sanitizer sees the first one read beyond them.
Unlabelled What(const std::string& bytes) {
  const std::unique_ptr<char[]> copy(new char[bytes.size()]);
  bytes.copy(copy.get(), bytes.size());
  return WhatIsForeign(copy.get(), bytes.size());
}

TEST(ForeignConnections, WebSocketsSayWhatTheyWant) {
  EXPECT_EQ(What("GET /mqtt HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n"),
            Unlabelled::kWebSocket);
  EXPECT_EQ(What("GET / HTTP/1.1\r\nsec-websocket-key: x\r\n\r\n"), Unlabelled::kWebSocket);
  EXPECT_EQ(What("HTTP/1.1 101 Switching Protocols\r\n"), Unlabelled::kWebSocket);
  EXPECT_EQ(What("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), Unlabelled::kCount);
  EXPECT_EQ(What("HTTP/1.1 200 OK\r\n"), Unlabelled::kCount);
}

TEST(ForeignConnections, AnyRequestMayTurnOutToAskForAWebSocket) {
  EXPECT_TRUE(IsHttpRequest("GET /mqtt HTTP/1.1\r\n", 20));
  EXPECT_FALSE(IsHttpRequest("GET", 3));
  EXPECT_FALSE(IsHttpRequest("POST / HTTP/1.1\r\n", 17));
}

TEST(ForeignConnections, TlsBeginsWithARecord) {
  EXPECT_EQ(What("\x16\x03\x01\x02\x00\x01"s), Unlabelled::kTls);  // ClientHello
  EXPECT_EQ(What("\x17\x03\x03\x00\x20"s), Unlabelled::kTls);      // data, of one that was open before
  EXPECT_EQ(What("\x16\x02\x01"s), Unlabelled::kCount);
  EXPECT_EQ(What("\x16\x03\x05"s), Unlabelled::kCount);
  EXPECT_EQ(What("\x18\x03\x03"s), Unlabelled::kCount);
}

TEST(ForeignConnections, WhatIsTooShortSaysNothing) {
  const std::string request = "GET / HTTP/1.1\r\nSec-WebSocket-Key:";
  for (std::size_t bytes = 1; bytes < request.size(); ++bytes)
    EXPECT_EQ(What(request.substr(0, bytes)), Unlabelled::kCount);
  EXPECT_EQ(What("\x16\x03"s), Unlabelled::kCount);
  EXPECT_EQ(What("\x10\x0e\x00\x04MQTT"s), Unlabelled::kCount);
}

}  // namespace
}  // namespace mqtrack::recorder
