#include "preload/recorder/packets/foreign_connections.h"

#include <cstring>

#include "preload/recorder/packets/packet_labels.h"

namespace mqtrack::recorder {
namespace {

bool BeginsWith(const char* bytes, std::size_t count, const char* text, std::size_t length) {
  return count >= length && std::memcmp(bytes, text, length) == 0;
}

bool Contains(const char* bytes, std::size_t count, const char* text, std::size_t length) {
  for (std::size_t i = 0; i + length <= count; ++i) {
    if (std::memcmp(bytes + i, text, length) == 0) return true;
  }
  return false;
}

constexpr char kGet[] = "GET /";

/// RFC 6455, 4.1: what a client asks for, and what a server answers. Names of headers may be in any case; these are
/// how all known libraries write them, and how HTTP proxies do.
bool IsUpgrade(const char* bytes, std::size_t count) {
  constexpr char kSwitching[] = "HTTP/1.1 101";
  constexpr char kKey[] = "ec-WebSocket-Key:", kLowKey[] = "ec-websocket-key:";
  constexpr std::size_t kLooked = 2048;
  if (BeginsWith(bytes, count, kSwitching, sizeof kSwitching - 1)) return true;
  if (!BeginsWith(bytes, count, kGet, sizeof kGet - 1)) return false;
  const std::size_t looked = count < kLooked ? count : kLooked;
  return Contains(bytes, looked, kKey, sizeof kKey - 1) || Contains(bytes, looked, kLowKey, sizeof kLowKey - 1);
}

/// RFC 8446, 5.1: a record of one of the four types, of version 3.0 to 3.4.
bool IsTls(const char* bytes, std::size_t count) {
  return count >= 3 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3 && bytes[2] >= 0 && bytes[2] <= 4;
}

}  // namespace

log::Unlabelled WhatIsForeign(const void* bytes, std::size_t count) {
  const auto* text = static_cast<const char*>(bytes);
  if (IsTls(text, count)) return log::Unlabelled::kTls;
  return IsUpgrade(text, count) ? log::Unlabelled::kWebSocket : log::Unlabelled::kCount;
}

bool IsHttpRequest(const void* bytes, std::size_t count) {
  return BeginsWith(static_cast<const char*>(bytes), count, kGet, sizeof kGet - 1);
}

void NoteForeign(const void* bytes, std::size_t count) {
  const log::Unlabelled what = WhatIsForeign(bytes, count);
  if (what != log::Unlabelled::kCount) packet_labels.CountUnlabelled(what);
}

}  // namespace mqtrack::recorder
