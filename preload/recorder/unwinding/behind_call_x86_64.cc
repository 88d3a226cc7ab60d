// The calls of x86-64 (Intel's manual, volume 2, CALL): e8 and a distance of four bytes; ff with 2 in the middle field
// of the byte behind it, which with what that byte asks for makes two to seven bytes.
#include "preload/recorder/unwinding/behind_call.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/readable_code.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kLongest = 7;

__attribute__((no_sanitize("address"))) std::uint8_t ByteAt(std::uint64_t address) {
  return *reinterpret_cast<const volatile std::uint8_t*>(address);
}

/// How many bytes a call through this operand has, by the byte behind its ff, and the one that comes next.
std::uint64_t LengthOfIndirect(std::uint8_t operand, std::uint8_t index) {
  const int mode = operand >> 6, base = operand & 7;
  if (mode == 3) return 2;  // a register
  const bool has_index = base == 4;
  const bool has_no_base = mode == 0 && (has_index ? (index & 7) == 5 : base == 5);
  return 2 + (has_index ? 1 : 0) + (mode == 1 ? 1 : 0) + (mode == 2 || has_no_base ? 4 : 0);
}

/// `byte_at(n)`: the byte n in front of the address.
template <typename ByteAtFunction>
bool EndsInCall(const ByteAtFunction& byte_at) {
  if (byte_at(5) == 0xe8) return true;
  for (std::uint64_t length = 2; length <= kLongest; ++length) {
    if (byte_at(length) != 0xff || (byte_at(length - 1) & 0x38) != 0x10) continue;
    const std::uint8_t next = length > 2 ? byte_at(length - 2) : std::uint8_t{0};
    if (LengthOfIndirect(byte_at(length - 1), next) == length) return true;
  }
  return false;
}

}  // namespace

bool IsBehindCall(std::uint64_t pc) {
  if (!IsCodeReadable(pc - 1) || !IsCodeReadable(pc - kLongest)) return false;
  return EndsInCall([pc](std::uint64_t back) { return ByteAt(pc - back); });
}

bool IsBehindCallAnywhere(std::uint64_t pc) {
  std::uint8_t bytes[kLongest];
  if (!CopyIfReadable(pc - kLongest, bytes, sizeof bytes)) return false;
  return EndsInCall([&bytes](std::uint64_t back) { return bytes[kLongest - back]; });
}

}  // namespace mqtrack::recorder
