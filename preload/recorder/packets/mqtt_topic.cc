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

/// 0x1f
bool IsPrefixedHex(const char* text, std::size_t bytes) {
  if (bytes < 3 || text[0] != '0' || (text[1] | 0x20) != 'x') return false;
  for (std::size_t i = 2; i < bytes; ++i) {
    if (!IsHex(text[i])) return false;
  }
  return true;
}

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
  return IsPrefixedHex(level, bytes);
}

/// What divides a level into parts.
constexpr bool DividesParts(char c) {
  return c == '-' || c == '_' || c == '.' || c == ':' || c == '=' || c == '@' || c == ',' || c == ' ';
}
constexpr bool IsDigit(char c) { return ClassOf(c) == kDigit; }
constexpr bool IsLetter(char c) { return (ClassOf(c) & (kHexLetter | kLetter)) != 0; }

/// Shorter runs of digits inside of a word belong to it: `v2`, `co2`, `ipv4`, `esp32`.
constexpr std::size_t kIdDigits = 3;
/// A part this long in which letters and digits change this often is no word.
constexpr std::size_t kMixedBytes = 16, kMixedChanges = 4;

/// One level with what is variable inside of it as `+`, as far as it fits.
class LevelWriter {
 public:
  LevelWriter(const char* level, std::size_t bytes, char* out, std::size_t room)
      : level_(level), bytes_(bytes), out_(out), room_(room) {}

  /// The length, at most `room`.
  std::size_t Write() {
    for (std::size_t at = 0; at < bytes_ && written_ < room_;) {
      if (DividesParts(level_[at])) {
        Copy(level_[at++]);
      } else if (const std::size_t spelt = SpeltIn(at); spelt != 0) {
        CopyPlus();
        at += spelt;
      } else {
        const std::size_t end = PartEnd(at);
        WritePart(at, end);
        at = end;
      }
    }
    return written_;
  }

 private:
  [[nodiscard]] std::size_t PartEnd(std::size_t at) const {
    while (at < bytes_ && !DividesParts(level_[at])) ++at;
    return at;
  }
  /// The length of a UUID or a MAC address that begins here, else 0.
  [[nodiscard]] std::size_t SpeltIn(std::size_t at) const {
    constexpr std::size_t kLengths[] = {36, 17};
    for (const std::size_t length : kLengths) {
      if (bytes_ - at < length || (bytes_ - at > length && !DividesParts(level_[at + length]))) continue;
      if (IsUuid(level_ + at, length) || IsHexPairs(level_ + at, length)) return length;
    }
    return 0;
  }
  /// True if a number that is a part of its own follows a word or another identifier.
  [[nodiscard]] bool FollowsWord(std::size_t at) const {
    if (at < 2 || written_ < 2) return false;
    const char before = out_[written_ - 2];
    return before == '+' || (level_[at - 1] != '.' && (IsLetter(before) || (before & 0x80) != 0));
  }
  [[nodiscard]] bool IsId(std::size_t at, std::size_t end) const {
    if (IsPrefixedHex(level_ + at, end - at)) return true;
    std::size_t digits = 0, letters = 0, hex_letters = 0, changes = 0;
    for (std::size_t i = at; i < end; ++i) {
      const bool is_digit = IsDigit(level_[i]);
      if (!is_digit && !IsLetter(level_[i])) return false;
      digits += is_digit ? 1 : 0;
      letters += is_digit ? 0 : 1;
      hex_letters += !is_digit && IsHex(level_[i]) ? 1 : 0;
      changes += i != at && is_digit != IsDigit(level_[i - 1]) ? 1 : 0;
    }
    if (letters == 0) return digits >= kIdDigits || FollowsWord(at);
    if (letters == hex_letters) return digits != 0 ? end - at >= 4 : end - at >= 8;
    return end - at >= kMixedBytes && changes >= kMixedChanges;
  }
  void WritePart(std::size_t at, std::size_t end) {
    if (IsId(at, end)) return CopyPlus();
    while (at < end) {
      std::size_t digits = 0;
      while (at + digits < end && IsDigit(level_[at + digits])) ++digits;
      if (digits >= kIdDigits) {
        CopyPlus();
        at += digits;
      } else {
        for (const std::size_t stop = at + (digits != 0 ? digits : 1); at < stop; ++at) Copy(level_[at]);
      }
    }
  }
  void Copy(char c) {
    if (written_ < room_) out_[written_++] = c;
  }
  /// Identifiers next to each other are one.
  void CopyPlus() {
    if (written_ >= 2 && out_[written_ - 2] == '+' && DividesParts(out_[written_ - 1]))
      --written_;
    else
      Copy('+');
  }

  const char* level_;
  std::size_t bytes_;
  char* out_;
  std::size_t room_, written_ = 0;
};

/// Writes one level, generalised, as far as there is room, and returns the length.
std::size_t GeneraliseLevel(const char* level, std::size_t bytes, char* out, std::size_t room) {
  if (IsVariable(level, bytes)) {
    if (room == 0) return 0;
    out[0] = '+';
    return 1;
  }
  bool has_digit = false;
  for (std::size_t i = 0; i < bytes && !has_digit; ++i) has_digit = IsDigit(level[i]);
  if (has_digit && level[0] != '$') return LevelWriter(level, bytes, out, room).Write();
  const std::size_t written = bytes < room ? bytes : room;
  std::memcpy(out, level, written);
  return written;
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
    const bool has_slash = end < bytes;
    char level[kMaxTopicBytes];  // longer than what there is room for, so that one which is cut shows
    std::size_t level_bytes = GeneraliseLevel(topic + begin, end - begin, level, sizeof level);
    if (written + level_bytes + (has_slash ? 1 : 0) > kRoom) {
      // One level that is too long by itself is cut too, else the label would say nothing.
      if (written == 0) {
        if (level_bytes > kRoom) level_bytes = kRoom;
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
