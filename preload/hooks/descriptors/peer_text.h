// The label `peer` of a connection: bounded in number, since every distinct value is a label set of its own.
#pragma once

#include <sys/socket.h>

#include <cstddef>

namespace mqtrack::hooks {

/// Whose number the port is. A client's port is chosen at random, so that of an accepted connection is left out.
enum class PeerPort { kKeep, kDrop };

/// "192.0.2.7", "192.0.2.7:1883", "[2001:db8::1]:1883", "/run/bus", "@abstract". An IPv4 address in IPv6 clothes is
/// written as IPv4.
class PeerText {
 public:
  PeerText(const sockaddr* address, std::size_t bytes, PeerPort port);
  [[nodiscard]] const char* text() const { return text_; }
  /// 0 if the address is of a family that is not written, or has no name (a socketpair's other end).
  [[nodiscard]] std::size_t length() const { return length_; }

 private:
  void Add(char c) {
    if (length_ < sizeof text_) text_[length_++] = c;
  }
  void AddDecimal(unsigned value);
  void AddHex(unsigned value);
  void AddIp4(const unsigned char* bytes);
  void AddIp6(const unsigned char* bytes);
  void AddPath(const sockaddr* address, std::size_t bytes);
  void BoundNumber();

  char text_[112];
  std::size_t length_ = 0;
};

}  // namespace mqtrack::hooks
