#include "preload/recorder/packets/mqtt_topic.h"

#include <cstring>

namespace mqtrack::recorder {
namespace {

enum Class : unsigned char { kDigit = 1, kHexLetter = 2, kSeparator = 4, kDot = 8, kLetter = 16, kOther = 32 };

struct Classes {
  unsigned char of[256] = {};
  constexpr Classes() {
    for (unsigned i = 0; i < 256; ++i) of[i] = kOther;
    for (unsigned i = '0'; i <= '9'; ++i) of[i] = kDigit;
    for (unsigned i = 'a'; i <= 'z'; ++i) of[i] = of[i - 'a' + 'A'] = i <= 'f' ? kHexLetter : kLetter;
    of[unsigned{'-'}] = of[unsigned{':'}] = kSeparator;
    of[unsigned{'.'}] = kDot;
  }
};
constexpr Classes kClasses;

constexpr unsigned char ClassOf(char c) { return kClasses.of[static_cast<unsigned char>(c)]; }
constexpr bool IsHex(char c) { return (ClassOf(c) & (kDigit | kHexLetter)) != 0; }

bool IsUuid(const char* text, std::size_t bytes) {
  if (bytes != 36) return false;
  for (std::size_t i = 0; i < bytes; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

/// a4:cf:12:b3:d4:e5, or longer.
bool IsHexPairs(const char* text, std::size_t bytes) {
  if (bytes < 17 || bytes % 3 != 2) return false;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i % 3 == 2 ? ClassOf(text[i]) != kSeparator : !IsHex(text[i])) return false;
  }
  return true;
}

/// True for a level that is one of many of its kind.
bool IsVariable(const char* level, std::size_t bytes) {
  if (bytes == 0 || ClassOf(level[bytes - 1]) >= kSeparator) return false;  // nothing that varies ends otherwise
  unsigned char classes = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    classes |= ClassOf(level[i]);
    digits += ClassOf(level[i]) == kDigit ? 1 : 0;
  }
  if (digits != 0 && (classes & ~(kDigit | kSeparator | kDot)) == 0) return true;
  if ((classes & ~(kDigit | kHexLetter)) == 0) return bytes >= 8 || (digits != 0 && bytes >= 4);
  if ((classes & ~(kDigit | kHexLetter | kSeparator)) == 0) return IsUuid(level, bytes) || IsHexPairs(level, bytes);
  if (bytes < 3 || level[0] != '0' || (level[1] | 0x20) != 'x') return false;
  for (std::size_t i = 2; i < bytes; ++i) {
    if (!IsHex(level[i])) return false;
  }
  return true;
}

/// A client id that a library made up: `prefix`, then at least `rest` letters and digits.
struct MadeUpId {
  const char* prefix;
  std::size_t rest;
};
constexpr MadeUpId kMadeUpIds[] = {{"mosq-", 16}, {"mqttjs_", 8}, {"mqttx_", 8}, {"mqtt-explorer-", 8}, {"paho", 12}};

bool IsMadeUp(const MadeUpId& made_up, const char* id, std::size_t bytes) {
  const std::size_t prefix = std::strlen(made_up.prefix);
  if (bytes < prefix + made_up.rest || std::memcmp(id, made_up.prefix, prefix) != 0) return false;
  for (std::size_t i = prefix; i < bytes; ++i) {
    if ((ClassOf(id[i]) & (kDigit | kHexLetter | kLetter)) == 0) return false;
  }
  return true;
}

std::size_t WithPlus(const char* prefix, char* out) {
  const std::size_t bytes = std::strlen(prefix);
  std::memcpy(out, prefix, bytes);
  out[bytes] = '+';
  return bytes + 1;
}

}  // namespace

std::size_t GeneraliseTopic(const char* topic, std::size_t bytes, char* out) {
  constexpr char kCut[] = {'.', '.', '.'};
  constexpr std::size_t kRoom = kMaxTopicBytes - sizeof kCut;
  std::size_t written = 0, begin = 0;
  while (begin <= bytes) {
    const void* slash = begin < bytes ? std::memchr(topic + begin, '/', bytes - begin) : nullptr;
    const std::size_t end =
        slash != nullptr ? static_cast<std::size_t>(static_cast<const char*>(slash) - topic) : bytes;
    const bool is_variable = IsVariable(topic + begin, end - begin);
    const char* level = is_variable ? "+" : topic + begin;
    std::size_t level_bytes = is_variable ? 1 : end - begin;
    const bool has_slash = end < bytes;
    if (written + level_bytes + (has_slash ? 1 : 0) > kRoom) {
      // One level that is too long by itself is cut too, else the label would say nothing.
      if (written == 0) {
        level_bytes = kRoom;
        while (level_bytes > 0 && (level[level_bytes] & 0xc0) == 0x80) --level_bytes;  // not inside a UTF-8 character
        std::memcpy(out, level, level_bytes);
        written = level_bytes;
      }
      std::memcpy(out + written, kCut, sizeof kCut);
      return written + sizeof kCut;
    }
    std::memcpy(out + written, level, level_bytes);
    written += level_bytes;
    if (!has_slash) break;
    out[written++] = '/';
    begin = end + 1;
  }
  return written;
}

std::size_t GeneraliseClient(const char* id, std::size_t bytes, char* out) {
  constexpr char kEmpty[] = "(empty)";
  if (bytes == 0) {
    std::memcpy(out, kEmpty, sizeof kEmpty - 1);
    return sizeof kEmpty - 1;
  }
  for (const MadeUpId& made_up : kMadeUpIds) {
    if (IsMadeUp(made_up, id, bytes)) return WithPlus(made_up.prefix, out);
  }
  if (bytes == 41 && std::memcmp(id, "auto-", 5) == 0 && IsUuid(id + 5, 36)) return WithPlus("auto-", out);
  std::size_t kept = bytes;
  if (kept > kMaxClientBytes) {
    kept = kMaxClientBytes;
    while (kept > 0 && (id[kept] & 0xc0) == 0x80) --kept;
  }
  std::memcpy(out, id, kept);
  return kept;
}

}  // namespace mqtrack::recorder
