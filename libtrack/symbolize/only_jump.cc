#include "libtrack/symbolize/only_jump.h"

#include <algorithm>
#include <cstddef>

namespace mqtrack::symbolize {

std::optional<std::uint64_t> OnlyJump(std::span<const unsigned char> code, std::uint64_t vaddr) {
  constexpr unsigned char kEndbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
  constexpr unsigned char kNear = 0xe9, kShort = 0xeb;
  const std::uint64_t end = vaddr + code.size();
  if (code.size() > sizeof kEndbr64 && std::equal(std::begin(kEndbr64), std::end(kEndbr64), code.begin())) {
    code = code.subspan(sizeof kEndbr64);
  }
  if (code.size() == 2 && code[0] == kShort) return end + static_cast<std::uint64_t>(static_cast<std::int8_t>(code[1]));
  if (code.size() != 5 || code[0] != kNear) return std::nullopt;
  std::uint32_t distance = 0;
  for (std::size_t i = 0; i < sizeof distance; ++i) distance |= std::uint32_t{code[i + 1]} << (8 * i);
  return end + static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(distance)});
}

}  // namespace mqtrack::symbolize
