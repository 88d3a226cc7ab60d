// Any bytes as one direction of a web socket. What its frames carry must be the same whether the bytes come at once or
// one by one, as far as they are frames; and no byte beyond them may be looked at.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "preload/recorder/packets/web_socket_frames.h"

namespace {

using namespace mqtrack::recorder;  // a program of one page

/// Adds what a copy of exactly these bytes carries. False: they are no frames.
bool Walk(WebSocketFrames& frames, const std::uint8_t* data, std::size_t bytes, std::vector<unsigned char>& carried) {
  const std::unique_ptr<std::uint8_t[]> copy(new std::uint8_t[bytes]);
  std::memcpy(copy.get(), data, bytes);
  return WalkFrames(frames, copy.get(), bytes, [&](const unsigned char* piece, std::size_t count) {
    if (piece < copy.get() || piece + count > copy.get() + bytes) std::abort();
    const std::size_t before = carried.size();
    carried.resize(before + count);
    Unmask(frames, piece, count, carried.data() + before);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  WebSocketFrames whole = {}, single = {};
  std::vector<unsigned char> at_once, one_by_one;
  const bool is_good = Walk(whole, data, size, at_once);
  bool is_still_good = true;
  for (std::size_t i = 0; i < size && is_still_good; ++i) is_still_good = Walk(single, data + i, 1, one_by_one);
  if (is_good != is_still_good || at_once != one_by_one) std::abort();
  if (is_good && (whole.phase != single.phase || whole.left != single.left)) std::abort();
  return 0;
}
