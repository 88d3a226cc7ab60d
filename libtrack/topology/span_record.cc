#include "libtrack/topology/span_record.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "libtrack/support/byte_text.h"

namespace mqtrack::topology {
namespace {

constexpr std::size_t kHexDigitsOfHalf = 16;

// 64 bits of FNV-1a with a last mix; two texts of one log meet in 128 bits of it as good as never.
std::uint64_t HashText(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = seed;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash ^= hash >> 32;
  hash *= 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

}  // namespace

TextId ParseId(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  TextId id;
  if (text.size() <= 2 * kHexDigitsOfHalf) {
    id.is_hex = true;
    for (const char c : text) {
      const int value = support::HexDigitValue(c);
      if (value < 0) {
        id.is_hex = false;
        break;
      }
      id.high = (id.high << 4) | (id.low >> 60);
      id.low = (id.low << 4) | static_cast<std::uint64_t>(value);
    }
    if (id.is_hex) return id;
  }
  return {HashText(text, 0xcbf29ce484222325u), HashText(text, 0x84222325cbf29ce4u) | 1, false};
}

std::string IdText(const TextId& id) {
  if (!id.is_hex || !id.is_set()) return {};
  char text[2 * kHexDigitsOfHalf + 1];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(id.high),
                static_cast<unsigned long long>(id.low));
  return text;
}

std::int64_t SpanRecord::OrderTime() const {
  if (written_ns != kUnknownTime) return written_ns;
  if (start_ns == kUnknownTime || duration_ns == kUnknownTime) return start_ns;
  return start_ns > INT64_MAX - duration_ns ? INT64_MAX : start_ns + duration_ns;
}

}  // namespace mqtrack::topology
