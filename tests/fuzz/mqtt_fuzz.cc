// What peers send: packets of every version, and the frames of web sockets. What is read must be the same once it was
// written and read again. The first byte of an input chooses.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "libtrack/mqtt/packet_reader.h"
#include "libtrack/mqtt/packet_writer.h"
#include "libtrack/mqtt/web_socket.h"

namespace {

using namespace mqtrack::mqtt;

constexpr std::size_t kMost = std::size_t{1} << 20;

void Check(bool good) {
  if (!good) std::abort();
}

void ReadPackets(std::string_view bytes, Version version) {
  while (!bytes.empty()) {
    const auto raw = CutPacket(bytes, kMost);
    if (!raw || !*raw) return;
    Check((*raw)->size >= 2 && (*raw)->size <= bytes.size());
    const auto packet = Read(**raw, version);
    if (packet) {
      const Version own = packet->type == Type::kConnect ? packet->version : version;
      const std::string written = Write(*packet, own);
      const auto again = CutPacket(written, kMost);
      Check(again && *again && (*again)->size == written.size());
      const auto twice = Read(**again, own);
      Check(twice && *twice == *packet && Write(*twice, own) == written);
    }
    bytes.remove_prefix((*raw)->size);
  }
}

/// In pieces, which must say what the whole says.
void ReadFrames(std::string_view bytes) {
  WebSocket whole, pieces;
  std::string of_whole, of_pieces, answers;
  const bool good = static_cast<bool>(whole.Take(bytes, of_whole, answers));
  bool still = true;
  for (std::size_t i = 0; i < bytes.size() && still; ++i)
    still = static_cast<bool>(pieces.Take(bytes.substr(i, 1), of_pieces, answers));
  Check(good == still && (!good || of_whole == of_pieces));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 == 3)
    ReadFrames(bytes);
  else
    ReadPackets(bytes, static_cast<Version>(3 + data[0] % 4));
  return 0;
}
