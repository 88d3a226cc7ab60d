#include "libtrack/mqtt/web_socket.h"

#include <algorithm>
#include <cctype>

namespace mqtrack::mqtt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::size_t kMostHeader = 16'384;
constexpr std::uint64_t kMostFrame = std::uint64_t{16} << 20;
constexpr unsigned kClose = 8, kPing = 9, kBinary = 2, kPong = 10;
/// The mask is there to keep proxies from reading frames as HTTP. Against a test's own broker any will do.
constexpr char kMask[4] = {0x37, 0x52, 0x1a, 0x6c};

std::string MaskedFrame(unsigned opcode, std::string_view bytes) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (bytes.size() < 126) {
    frame.push_back(static_cast<char>(0x80 | bytes.size()));
  } else {
    const bool is_long = bytes.size() > 0xffff;
    frame.push_back(static_cast<char>(0x80 | (is_long ? 127 : 126)));
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8)
      frame.push_back(static_cast<char>(static_cast<std::uint64_t>(bytes.size()) >> shift & 0xff));
  }
  frame.append(kMask, sizeof kMask);
  for (std::size_t i = 0; i < bytes.size(); ++i) frame.push_back(static_cast<char>(bytes[i] ^ kMask[i % sizeof kMask]));
  return frame;
}

}  // namespace

std::string WebSocket::Request(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

std::string WebSocket::Frame(std::string_view bytes) { return MaskedFrame(kBinary, bytes); }

Status WebSocket::TakeHandshake() {
  const std::size_t end = held_.find("\r\n\r\n");
  if (end == std::string::npos && held_.size() < kMostHeader + 4) return {};
  if (end == std::string::npos || end > kMostHeader)
    return Error{ErrorCode::kBadInput, "the answer to the handshake has no end", "web socket"};
  std::string first = held_.substr(0, held_.find("\r\n"));
  if (first.find(" 101") == std::string::npos) {
    first.resize(std::min<std::size_t>(first.size(), 80));
    std::replace_if(
        first.begin(), first.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
    return Error{ErrorCode::kBadInput, "the handshake was refused: " + first, "web socket"};
  }
  held_.erase(0, end + 4);
  open_ = true;
  return {};
}

Result<bool> WebSocket::TakeFrame(std::string& to, std::string& answers) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(held_[i])); };
  if (held_.size() < 2) return false;
  const unsigned opcode = byte(0) & 15;
  const bool masked = (byte(1) & 0x80) != 0;
  std::uint64_t size = byte(1) & 0x7f;
  std::size_t header = 2;
  if (size >= 126) {
    const std::size_t more = size == 126 ? 2 : 8;
    if (held_.size() < header + more) return false;
    size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(header + i);
    header += more;
  }
  if (masked) return Error{ErrorCode::kBadInput, "the server masks its frames, which it must not", "web socket"};
  if (size > kMostFrame) return Error{ErrorCode::kBadInput, "a frame is longer than 16 MiB", "web socket"};
  if (held_.size() < header + size) return false;
  const std::string_view payload = std::string_view(held_).substr(header, size);
  if (opcode <= kBinary) to.append(payload);
  if (opcode == kPing) answers += MaskedFrame(kPong, payload.substr(0, 125));
  if (opcode == kClose) closed_ = true;
  held_.erase(0, header + size);
  return true;
}

Status WebSocket::Take(std::string_view bytes, std::string& to, std::string& answers) {
  held_.append(bytes);
  if (!open_) {
    if (Status read = TakeHandshake(); !read) return read;
  }
  while (open_ && !closed_) {
    const Result<bool> taken = TakeFrame(to, answers);
    if (!taken) return taken.error();
    if (!*taken) break;
  }
  return {};
}

}  // namespace mqtrack::mqtt
