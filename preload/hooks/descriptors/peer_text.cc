#include "preload/hooks/descriptors/peer_text.h"

#include <netinet/in.h>
#include <sys/un.h>

#include <cstdint>
#include <cstring>

#include "preload/hooks/admitted_texts.h"
#include "preload/recorder/log/process_facts.h"

namespace mqtrack::hooks {
namespace {

/// A broker of ten thousand devices must not fill the table of label sets.
AdmittedTexts<256> known_peers;

unsigned Port(const void* address) {
  const unsigned char* bytes = static_cast<const unsigned char*>(address) + 2;  // in both families
  return static_cast<unsigned>(bytes[0]) << 8 | bytes[1];
}

}  // namespace

void PeerText::AddDecimal(unsigned value) {
  char digits[21];
  const std::size_t count = recorder::FormatDecimal(value, digits);
  for (std::size_t i = 0; i < count; ++i) Add(digits[i]);
}

void PeerText::AddHex(unsigned value) {
  bool started = false;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = value >> shift & 15;
    started |= digit != 0 || shift == 0;
    if (started) Add("0123456789abcdef"[digit]);
  }
}

void PeerText::AddIp4(const unsigned char* bytes) {
  for (int i = 0; i < 4; ++i) {
    if (i != 0) Add('.');
    AddDecimal(bytes[i]);
  }
}

/// As RFC 5952 wants it: no leading zeros, and the longest run of zero groups, of at least two, written "::".
void PeerText::AddIp6(const unsigned char* bytes) {
  unsigned groups[8];
  for (int i = 0; i < 8; ++i) groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  int best = 8, best_length = 1;
  for (int i = 0; i < 8; ++i) {
    int run = 0;
    while (i + run < 8 && groups[i + run] == 0) ++run;
    if (run > best_length) best = i, best_length = run;
  }
  for (int i = 0; i < 8; ++i) {
    if (i == best) {
      Add(':');
      Add(':');
      i += best_length - 1;
      continue;
    }
    if (i != 0 && i != best + best_length) Add(':');
    AddHex(groups[i]);
  }
}

void PeerText::AddPath(const sockaddr* address, std::size_t bytes) {
  const char* path = reinterpret_cast<const sockaddr_un*>(address)->sun_path;
  if (bytes <= offsetof(sockaddr_un, sun_path)) return;
  const std::size_t room = bytes - offsetof(sockaddr_un, sun_path);
  const bool abstract = path[0] == 0;
  if (abstract) Add('@');
  for (std::size_t i = abstract ? 1 : 0; i < room && path[i] != 0; ++i) Add(path[i]);
}

void PeerText::BoundNumber() {
  if (length_ == 0 || known_peers.Admits(text_, length_)) return;
  length_ = sizeof kOtherText - 1;
  std::memcpy(text_, kOtherText, length_);
}

PeerText::PeerText(const sockaddr* address, std::size_t bytes, PeerPort port) {
  if (bytes < sizeof address->sa_family) return;
  const auto* raw = reinterpret_cast<const unsigned char*>(address);
  const bool keep_port = port == PeerPort::kKeep;
  if (address->sa_family == AF_INET && bytes >= sizeof(sockaddr_in)) {
    AddIp4(raw + offsetof(sockaddr_in, sin_addr));
    if (keep_port) Add(':'), AddDecimal(Port(address));
  } else if (address->sa_family == AF_INET6 && bytes >= offsetof(sockaddr_in6, sin6_scope_id)) {
    const unsigned char* ip = raw + offsetof(sockaddr_in6, sin6_addr);
    constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool mapped = std::memcmp(ip, kMapped, sizeof kMapped) == 0;
    if (!mapped && keep_port) Add('[');
    mapped ? AddIp4(ip + 12) : AddIp6(ip);
    if (!mapped && keep_port) Add(']');
    if (keep_port) Add(':'), AddDecimal(Port(address));
  } else if (address->sa_family == AF_UNIX) {
    AddPath(address, bytes);
  }
  BoundNumber();
}

}  // namespace mqtrack::hooks
