#include "libtrack/mqtt/web_socket.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "libtrack/support/byte_text.h"

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

std::string MakeFrame(unsigned opcode, std::string_view bytes, bool is_masked) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  const unsigned mask_bit = is_masked ? 0x80 : 0;
  if (bytes.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | bytes.size()));
  } else {
    const bool is_long = bytes.size() > 0xffff;
    frame.push_back(static_cast<char>(mask_bit | (is_long ? 127 : 126)));
    for (int shift = is_long ? 56 : 8; shift >= 0; shift -= 8)
      frame.push_back(static_cast<char>(static_cast<std::uint64_t>(bytes.size()) >> shift & 0xff));
  }
  if (!is_masked) return frame.append(bytes);
  frame.append(kMask, sizeof kMask);
  for (std::size_t i = 0; i < bytes.size(); ++i) frame.push_back(static_cast<char>(bytes[i] ^ kMask[i % sizeof kMask]));
  return frame;
}

/// The value of a header, whatever its name's case; empty: there is none. `lower_name`: "sec-websocket-key".
std::string HeaderOf(const std::string& head, std::string_view lower_name) {
  std::size_t line = head.find("\r\n");
  while (line != std::string::npos && line + 2 < head.size()) {
    const std::size_t begin = line + 2, colon = head.find(':', begin);
    line = head.find("\r\n", begin);
    if (colon == std::string::npos || colon > line) continue;
    const bool is_same = std::equal(
        lower_name.begin(), lower_name.end(), head.begin() + static_cast<std::ptrdiff_t>(begin),
        head.begin() + static_cast<std::ptrdiff_t>(colon),
        [](char lower, char any) { return lower == static_cast<char>(std::tolower(static_cast<unsigned char>(any))); });
    if (!is_same) continue;
    const std::size_t first = head.find_first_not_of(' ', colon + 1);
    return head.substr(first, line - first);
  }
  return {};
}

std::string FirstLine(const std::string& head) {
  std::string first = head.substr(0, std::min<std::size_t>(head.find("\r\n"), 80));
  std::replace_if(
      first.begin(), first.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return first;
}

}  // namespace

std::string WebSocket::Request(const std::string& host, const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: " + host +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

std::string WebSocket::Frame(std::string_view bytes) const { return MakeFrame(kBinary, bytes, side_ == Side::kClient); }

Status WebSocket::ReadAnswer(const std::string& head) {
  const std::string first = FirstLine(head);
  if (first.find(" 101") != std::string::npos) return {};
  return Error{ErrorCode::kBadInput, "the handshake was refused: " + first, "web socket"};
}

Result<std::string> WebSocket::AnswerTo(const std::string& head) {
  const std::string key = HeaderOf(head, "sec-websocket-key");
  if (!head.starts_with("GET ") || key.empty())
    return Error{ErrorCode::kBadInput, "this is no handshake: " + FirstLine(head), "web socket"};
  const std::string said = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  ::SHA1(reinterpret_cast<const unsigned char*>(said.data()), said.size(), digest.data());
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
  // Of several protocols the first: a client of MQTT 3.1 calls it mqttv3.1.
  const std::string asked = HeaderOf(head, "sec-websocket-protocol"), protocol = asked.substr(0, asked.find(','));
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         support::EncodeBase64(bytes) + (protocol.empty() ? "" : "\r\nSec-WebSocket-Protocol: " + protocol) +
         "\r\n\r\n";
}

Status WebSocket::TakeHandshake(std::string& answers) {
  const std::size_t end = held_.find("\r\n\r\n");
  if (end == std::string::npos && held_.size() < kMostHeader + 4) return {};
  if (end == std::string::npos || end > kMostHeader)
    return Error{ErrorCode::kBadInput, "the handshake has no end", "web socket"};
  const std::string head = held_.substr(0, end + 2);
  if (side_ == Side::kClient) {
    if (Status read = ReadAnswer(head); !read) return read;
  } else {
    const Result<std::string> answer = AnswerTo(head);
    if (!answer) return answer.error();
    answers += *answer;
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
  if (masked != (side_ == Side::kServer))
    return Error{ErrorCode::kBadInput,
                 masked ? "the server masks its frames, which it must not" : "the client does not mask its frames",
                 "web socket"};
  const std::size_t mask_at = header;
  if (masked) header += sizeof kMask;
  if (size > kMostFrame) return Error{ErrorCode::kBadInput, "a frame is longer than 16 MiB", "web socket"};
  if (held_.size() < header + size) return false;
  if (masked) {
    for (std::size_t i = 0; i < size; ++i)
      held_[header + i] = static_cast<char>(held_[header + i] ^ held_[mask_at + i % sizeof kMask]);
  }
  const std::string_view payload = std::string_view(held_).substr(header, size);
  if (opcode <= kBinary) to.append(payload);
  if (opcode == kPing) answers += MakeFrame(kPong, payload.substr(0, 125), side_ == Side::kClient);
  if (opcode == kClose) closed_ = true;
  held_.erase(0, header + size);
  return true;
}

Status WebSocket::Take(std::string_view bytes, std::string& to, std::string& answers) {
  held_.append(bytes);
  if (!open_) {
    if (Status read = TakeHandshake(answers); !read) return read;
  }
  while (open_ && !closed_) {
    const Result<bool> taken = TakeFrame(to, answers);
    if (!taken) return taken.error();
    if (!*taken) break;
  }
  return {};
}

}  // namespace mqtrack::mqtt
