#include "preload/recorder/packets/web_socket_frames.h"

#include <gtest/gtest.h>

#include <string>

namespace mqtrack::recorder {
namespace {

using namespace std::string_literals;

constexpr unsigned kText = 1, kBinary = 2, kClose = 8, kPing = 9;
const std::string kRequest = "GET /mqtt HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Key: y\r\n\r\n";

/// As a server sends it, or a client: masked.
std::string Frame(unsigned opcode, const std::string& payload, bool is_masked = true, bool is_last = true) {
  const std::string mask = "\x37\xfa\x21\x3d";
  std::string frame(1, static_cast<char>(opcode | (is_last ? 0x80 : 0)));
  const unsigned mask_bit = is_masked ? 0x80 : 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(mask_bit | payload.size());
  } else {
    const int bytes = payload.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(mask_bit | (bytes == 2 ? 126u : 127u));
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(payload.size() >> (8 * i) & 0xff);
  }
  if (!is_masked) return frame + payload;
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

/// What the bytes carry, in pieces of this size; "lost" at their end if they are no frames.
std::string Carried(WebSocketFrames& frames, const std::string& bytes, std::size_t piece) {
  std::string message;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const std::string part = bytes.substr(at, piece);
    const bool is_good = WalkFrames(frames, reinterpret_cast<const unsigned char*>(part.data()), part.size(),
                                    [&](const unsigned char* data, std::size_t count) {
                                      std::string clear(count, '\0');
                                      Unmask(frames, data, count, reinterpret_cast<unsigned char*>(clear.data()));
                                      message += clear;
                                    });
    if (!is_good) return message + "lost";
  }
  return message;
}

TEST(WebSocketFramesTest, CarryMessagesInPiecesOfAnySize) {
  const std::string large(70'000, 'x'), middle(300, 'y');
  const std::string bytes = kRequest + Frame(kBinary, "\x10\x0c"s) + Frame(kPing, "here?") +
                            Frame(kBinary, "first ", true, false) + Frame(0, "second") + Frame(kBinary, "") +
                            Frame(kText, middle) + Frame(kBinary, large) + Frame(kClose, "\x03\xe8"s);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
    WebSocketFrames frames = {};
    EXPECT_EQ(Carried(frames, bytes, piece), "\x10\x0c"s + "first second" + middle + large) << piece;
    EXPECT_EQ(frames.phase, WebSocketFrames::Phase::kHead);
  }
}

TEST(WebSocketFramesTest, WhatAServerSendsIsNotMasked) {
  WebSocketFrames frames = {};
  EXPECT_EQ(Carried(frames, "HTTP/1.1 101 Switching Protocols\r\n\r\n" + Frame(kBinary, "\x20\x02\0\0"s, false), 5),
            "\x20\x02\0\0"s);
}

TEST(WebSocketFramesTest, TheHandshakeEndsWithAnEmptyLine) {
  for (const char* before : {"\r", "\r\n\r", "a\r\nb\r"}) {
    WebSocketFrames frames = {};
    EXPECT_EQ(Carried(frames, "GET / HTTP/1.1"s + before + "\r\n\r\n" + Frame(kBinary, "z"), 1), "z") << before;
  }
}

TEST(WebSocketFramesTest, WhatIsCompressedOrNoFrameEndsIt) {
  for (const char* bytes : {"\xc2\x81", "\x83\x81", "\x8b\x81", "\x82\xff\x80"}) {
    WebSocketFrames frames = {};
    const std::string padded = kRequest + std::string(bytes) + std::string(12, '\0');
    EXPECT_EQ(Carried(frames, padded, 3), "lost") << bytes;
  }
}

}  // namespace
}  // namespace mqtrack::recorder
