#include "preload/recorder/packets/web_socket_frames.h"

#include <cstring>

namespace mqtrack::recorder {
namespace {

constexpr unsigned kReserved = 0x70, kOpcode = 0x0f, kMasked = 0x80, kLength = 0x7f;
constexpr unsigned kBinary = 2, kClose = 8, kPong = 10;  // of opcodes; 0 to 2 are of messages, 8 to 10 are not
constexpr unsigned kLength16 = 126, kLength64 = 127;

/// Of a head of which the first two bytes are there.
std::size_t HeadBytes(const unsigned char* head) {
  const unsigned length = head[1] & kLength;
  const std::size_t more = length == kLength16 ? 2 : length == kLength64 ? 8 : 0;
  return 2 + more + ((head[1] & kMasked) != 0 ? 4 : 0);
}

}  // namespace

bool TakeFrameHead(WebSocketFrames& frames, unsigned char byte) {
  unsigned char* const head = frames.head;
  head[frames.head_bytes++] = byte;
  if (frames.head_bytes == 1) {
    const unsigned opcode = byte & kOpcode;
    return (byte & kReserved) == 0 && (opcode <= kBinary || (opcode >= kClose && opcode <= kPong));
  }
  const std::size_t all = HeadBytes(head);
  if (frames.head_bytes < all) return true;
  frames.is_masked = (head[1] & kMasked) != 0 ? 1 : 0;
  const std::size_t end = all - (frames.is_masked != 0 ? 4 : 0);
  std::uint64_t length = head[1] & kLength;
  if (end > 2) length = 0;
  for (std::size_t i = 2; i < end; ++i) length = length << 8 | head[i];
  if (frames.is_masked != 0) std::memcpy(frames.mask, head + end, sizeof frames.mask);
  frames.mask_at = 0;
  frames.head_bytes = 0;
  frames.is_data = (head[0] & kOpcode) <= kBinary ? 1 : 0;
  frames.left = length;
  if (length != 0) frames.phase = WebSocketFrames::Phase::kPayload;
  return (length >> 63) == 0;
}

void Unmask(WebSocketFrames& frames, const unsigned char* bytes, std::size_t count, unsigned char* to) {
  if (frames.is_masked == 0) {
    std::memcpy(to, bytes, count);
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<unsigned char>(bytes[i] ^ frames.mask[(frames.mask_at + i) % 4]);
  frames.mask_at = static_cast<std::uint8_t>((frames.mask_at + count) % 4);
}

std::size_t SkipHandshake(WebSocketFrames& frames, const unsigned char* bytes, std::size_t count) {
  constexpr unsigned char kEnd[] = {'\r', '\n', '\r', '\n'};
  for (std::size_t i = 0; i < count; ++i) {
    frames.matched = bytes[i] == kEnd[frames.matched] ? static_cast<std::uint8_t>(frames.matched + 1)
                     : bytes[i] == kEnd[0]            ? std::uint8_t{1}
                                                      : std::uint8_t{0};
    if (frames.matched < sizeof kEnd) continue;
    frames.matched = 0;
    frames.phase = WebSocketFrames::Phase::kHead;
    return i + 1;
  }
  return count;
}

}  // namespace mqtrack::recorder
