#include "libtrack/mqtt/endpoint.h"

#include <gtest/gtest.h>

namespace mqtrack::mqtt {
namespace {

TEST(EndpointTest, EveryWayToWriteOne) {
  struct {
    const char* text;
    std::uint16_t port;
    bool tls, web_socket;
  } const cases[] = {{"127.0.0.1:1884", 1884, false, false},
                     {"127.0.0.1", 1883, false, false},
                     {":1885", 1885, false, false},
                     {"1886", 1886, false, false},
                     {"mqtt://127.0.0.1", 1883, false, false},
                     {"mqtts://127.0.0.1", 8883, true, false},
                     {"ws://127.0.0.1:90/x", 90, false, true},
                     {"wss://127.0.0.1/x", 443, true, true},
                     {"[::1]:1887", 1887, false, false}};
  for (const auto& one : cases) {
    const auto endpoint = ParseEndpoint(one.text);
    ASSERT_TRUE(endpoint) << one.text << ": " << endpoint.error().ToString();
    EXPECT_EQ(endpoint->port, one.port) << one.text;
    EXPECT_EQ(endpoint->tls, one.tls) << one.text;
    EXPECT_EQ(endpoint->web_socket, one.web_socket) << one.text;
    EXPECT_TRUE(endpoint->is_loopback) << one.text;
  }
  EXPECT_EQ(ParseEndpoint("ws://127.0.0.1:90/x")->path, "/x");
  EXPECT_TRUE(ParseEndpoint("unix:/run/x.sock")->is_unix());
}

TEST(EndpointTest, WhatIsNoneIsRefused) {
  for (const char* text : {"127.0.0.1:0", "127.0.0.1:70000", "http://127.0.0.1", "unix:", "127.0.0.1:x",
                           "127.0.0.1:", "[::1", "[::1]1883", "127.0.0.1:1:2"})
    EXPECT_FALSE(ParseEndpoint(text)) << text;
  EXPECT_FALSE(ParseEndpoint("unix:/" + std::string(200, 'x')));
}

TEST(EndpointTest, OthersAreAttackedOnlyOnRequest) {
  const auto elsewhere = ParseEndpoint("192.0.2.1:1883");  // of the range for documents
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(CheckReach(*elsewhere, false));
  EXPECT_TRUE(CheckReach(*elsewhere, true));
  EXPECT_TRUE(CheckReach(*ParseEndpoint("127.8.9.1:1883"), false));
}

}  // namespace
}  // namespace mqtrack::mqtt
