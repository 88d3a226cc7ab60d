// The label `peer`: addresses as text, and how many different ones there may be.
#include "preload/hooks/descriptors/peer_text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace mqtrack::hooks {
namespace {

std::string Text(const void* address, std::size_t bytes, PeerPort port) {
  const PeerText text(static_cast<const sockaddr*>(address), bytes, port);
  return {text.text(), text.length()};
}

std::string Ip4(const char* ip, std::uint16_t port, PeerPort keep) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, ip, &address.sin_addr), 1) << ip;
  return Text(&address, sizeof address, keep);
}

std::string Ip6(const char* ip, std::uint16_t port, PeerPort keep) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET6, ip, &address.sin6_addr), 1) << ip;
  return Text(&address, sizeof address, keep);
}

std::string Unix(const std::string& path, std::size_t more = 1) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return Text(&address, offsetof(sockaddr_un, sun_path) + path.size() + more, PeerPort::kKeep);
}

TEST(PeerText, Ip4) {
  EXPECT_EQ(Ip4("192.0.2.7", 1883, PeerPort::kKeep), "192.0.2.7:1883");
  EXPECT_EQ(Ip4("192.0.2.7", 1883, PeerPort::kDrop), "192.0.2.7");
  EXPECT_EQ(Ip4("255.255.255.255", 65535, PeerPort::kKeep), "255.255.255.255:65535");
  EXPECT_EQ(Ip4("0.0.0.0", 0, PeerPort::kKeep), "0.0.0.0:0");
}

TEST(PeerText, Ip6AsTheCLibraryWritesIt) {
  for (const char* ip : {"2001:db8::1", "::", "::1", "1::", "fe80::1:0:0:1", "2001:db8:0:1:1:1:1:1", "1:0:0:2::3",
                         "1:2:3:4:5:6:7:8", "abcd:ef01:2345:6789:abcd:ef01:2345:6789", "0:0:1::"}) {
    char canonical[INET6_ADDRSTRLEN];
    in6_addr address;
    ASSERT_EQ(::inet_pton(AF_INET6, ip, &address), 1);
    ASSERT_NE(::inet_ntop(AF_INET6, &address, canonical, sizeof canonical), nullptr);
    EXPECT_EQ(Ip6(ip, 8883, PeerPort::kDrop), canonical) << ip;
    EXPECT_EQ(Ip6(ip, 8883, PeerPort::kKeep), "[" + std::string(canonical) + "]:8883") << ip;
  }
}

TEST(PeerText, Ip4InClothesOfIp6) {
  EXPECT_EQ(Ip6("::ffff:192.0.2.7", 1883, PeerPort::kKeep), "192.0.2.7:1883");
  EXPECT_EQ(Ip6("::ffff:192.0.2.7", 1883, PeerPort::kDrop), "192.0.2.7");
}

TEST(PeerText, PathsOfUnixSockets) {
  EXPECT_EQ(Unix("/run/bus"), "/run/bus");
  EXPECT_EQ(Unix(std::string("\0hidden", 7), 0), "@hidden");
  EXPECT_EQ(Unix("", 0), "") << "a socketpair's other end has no name";
  const std::string longest(sizeof(sockaddr_un::sun_path), 'x');
  EXPECT_EQ(Unix(longest, 0), longest) << "not terminated";
}

TEST(PeerText, WhatIsTooShortOrForeignHasNone) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  EXPECT_EQ(Text(&address, 0, PeerPort::kKeep), "");
  EXPECT_EQ(Text(&address, sizeof address.sin_family, PeerPort::kKeep), "");
  EXPECT_EQ(Text(&address, sizeof address - 1, PeerPort::kKeep), "");
  address.sin_family = AF_APPLETALK;
  EXPECT_EQ(Text(&address, sizeof address, PeerPort::kKeep), "");
}

// The last of this file: what it admits stays admitted in this process.
TEST(PeerTextBound, ManyPeersEndInOtherAndKnownOnesStay) {
  int others = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string ip = "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    const std::string text = Ip4(ip.c_str(), 1, PeerPort::kDrop);
    if (text == "(other)") {
      ++others;
    } else {
      EXPECT_EQ(text, ip);
      EXPECT_EQ(others, 0) << "none is admitted after one was not";
    }
  }
  EXPECT_GE(others, 1000 - 256);
  EXPECT_EQ(Ip4("10.1.0.0", 1, PeerPort::kDrop), "10.1.0.0");
  EXPECT_EQ(Ip4("10.9.9.9", 1, PeerPort::kDrop), "(other)");
}

}  // namespace
}  // namespace mqtrack::hooks
