// Names that a service gives to things of its own: regions, and kinds of resources. Few and short: a service that makes
// up names as it runs must not fill the log with them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mqtrack::recorder {

/// Names by number, each with the names it stands under: "json" under "handle" is the text "handle/json". Thread-safe,
/// lock-free, async-signal-safe; in static storage, of zeros.
class BoundedNames {
 public:
  static constexpr std::size_t kMaxNameBytes = 40;  // what is longer is cut, at the end of a UTF-8 character
  static constexpr std::size_t kDeepest = 6;
  static constexpr std::size_t kMaxTextBytes = kDeepest * (kMaxNameBytes + 1);
  /// Names that are kept; further ones are all kOther.
  static constexpr std::uint16_t kMost = 250;
  static constexpr std::uint16_t kNone = 0;
  static constexpr std::uint16_t kOther = kMost + 1;

  struct Text {
    const char* data;
    std::size_t bytes;
  };

  /// The number of `name` under `parent` (kNone: under nothing, and no deeper than kDeepest). Without a name, null or
  /// "", it is "(unnamed)".
  [[nodiscard]] std::uint16_t NumberOf(std::uint16_t parent, const char* name);
  /// The number of the last name of `number`, under another parent.
  [[nodiscard]] std::uint16_t Moved(std::uint16_t number, std::uint16_t parent);
  /// The whole text of a number other than kNone; valid for ever.
  [[nodiscard]] Text TextOf(std::uint16_t number) const;
  /// What it stands under.
  [[nodiscard]] std::uint16_t ParentOf(std::uint16_t number) const;

 private:
  static constexpr std::uint32_t kPlaces = 1024;
  struct Entry {
    std::uint64_t hash;
    std::uint16_t parent;
    std::uint8_t bytes, own_bytes;
    char text[kMaxTextBytes];
  };

  [[nodiscard]] std::uint16_t NumberOf(std::uint16_t parent, const Text& name);
  [[nodiscard]] bool IsEntry(const Entry& entry, std::uint64_t hash, std::uint16_t parent, const Text& name) const;
  void Fill(Entry& entry, std::uint64_t hash, std::uint16_t parent, const Text& name) const;

  std::uint32_t used_ = 0;
  std::uint16_t places_[kPlaces] = {};  // numbers, by hash; 0: free
  Entry entries_[kMost] = {};           // of number N at N - 1
};
static_assert(BoundedNames::kMaxTextBytes <= 255, "a label's value, and Entry::bytes");

}  // namespace mqtrack::recorder
