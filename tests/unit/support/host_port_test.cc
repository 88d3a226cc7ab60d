#include "libtrack/support/host_port.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

TEST(HostPortTest, EveryWayToWriteThem) {
  struct {
    const char *text, *host;
    std::optional<std::uint16_t> port;
  } const cases[] = {
      {"broker", "broker", {}}, {"broker:1883", "broker", 1883}, {":65535", "", 65535},          {"", "", {}},
      {"[::1]", "::1", {}},     {"[::1]:1", "::1", 1},           {"10.0.0.1:80", "10.0.0.1", 80}};
  for (const auto& one : cases) {
    const auto parsed = ParseHostPort(one.text);
    ASSERT_TRUE(parsed) << one.text;
    EXPECT_EQ(parsed->host, one.host) << one.text;
    EXPECT_EQ(parsed->port, one.port) << one.text;
  }
}

TEST(HostPortTest, WhatIsNone) {
  for (const char* text : {"broker:", "broker:0", "broker:65536", "broker:+1", "broker:1x", "broker:1:2", "::1", "[::1",
                           "[]", "[]:1", "[::1]x", "[::1]:", "[::1]1883"}) {
    EXPECT_FALSE(ParseHostPort(text)) << text;
  }
}

}  // namespace
}  // namespace mqtrack::support
