// Takes what MQTT is carried in over a web socket off one direction of a connection (RFC 6455): the handshake, which
// ends with an empty line, then frames: two to ten bytes that say how long it is, four of a mask if the client sends
// it, the payload.
//
// Fed with the bytes of a connection in pieces of any size. Pure: no memory but its own, no system call, never a byte
// beyond those it was given, and none of them is changed. They come from anybody. What is compressed, or no frame,
// ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace mqtrack::recorder {

/// One direction. All zero: before the handshake.
struct WebSocketFrames {
  enum class Phase : std::uint8_t { kHandshake, kHead, kPayload };
  static constexpr std::size_t kMostHead = 14;

  Phase phase;
  std::uint8_t matched;     // bytes of the end of the handshake
  std::uint8_t head_bytes;  // of `head`, so far
  std::uint8_t is_data;     // the payload is a part of the message, and not of a ping or the like
  std::uint8_t is_masked;
  std::uint8_t mask_at;  // the byte of the mask that is next
  unsigned char head[kMostHead];
  unsigned char mask[4];
  std::uint64_t left;  // of the payload
};
static_assert(std::is_trivially_copyable_v<WebSocketFrames> && sizeof(WebSocketFrames) == 32);

/// One byte of a frame's head; after its last one the payload is expected, if there is any. False: it cannot be.
[[nodiscard]] bool TakeFrameHead(WebSocketFrames& frames, unsigned char byte);

/// Copies `count` bytes of a payload to `to`, without the mask.
void Unmask(WebSocketFrames& frames, const unsigned char* bytes, std::size_t count, unsigned char* to);

/// Skips what of these bytes belongs to the handshake; how many they are.
[[nodiscard]] std::size_t SkipHandshake(WebSocketFrames& frames, const unsigned char* bytes, std::size_t count);

/// The next `count` bytes. Calls told(bytes, count) for each piece of a message, masked as it is; `told` has to call
/// Unmask for all of it if `is_masked`. False: these are no frames, and nothing more can be followed.
template <typename Told>
[[nodiscard]] bool WalkFrames(WebSocketFrames& frames, const unsigned char* bytes, std::size_t count,
                              const Told& told) {
  using Phase = WebSocketFrames::Phase;
  while (count != 0) {
    std::size_t used = 1;
    if (frames.phase == Phase::kHandshake) {
      used = SkipHandshake(frames, bytes, count);
    } else if (frames.phase == Phase::kHead) {
      if (!TakeFrameHead(frames, *bytes)) return false;
    } else {
      used = count < frames.left ? count : static_cast<std::size_t>(frames.left);
      if (frames.is_data != 0) told(bytes, used);
      frames.left -= used;
      if (frames.left == 0) frames.phase = Phase::kHead;
    }
    bytes += used;
    count -= used;
  }
  return true;
}

}  // namespace mqtrack::recorder
