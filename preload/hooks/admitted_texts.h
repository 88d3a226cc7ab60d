// Bounds how many different values a label may take: every one is a label set of its own, which the log keeps for ever,
// and nobody reads ten thousand rows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::hooks {

/// What a value that is not admitted is replaced by.
inline constexpr char kOtherText[] = "(other)";

/// The first `kMost` texts are admitted. Thread-safe, lock-free, async-signal-safe.
template <std::uint32_t kMost>
class AdmittedTexts {
 public:
  bool Admits(const char* text, std::size_t length) {
    std::uint64_t hash = length + 1;
    for (std::size_t i = 0; i < length; ++i) hash = (hash ^ static_cast<unsigned char>(text[i])) * 0x100000001b3ULL;
    hash = log::Mix(hash) | 1;
    for (std::size_t i = 0; i < kEntries; ++i) {
      std::uint64_t& place = known_[(hash + i) % kEntries];
      std::uint64_t known = recorder::LoadRelaxed(place);
      if (known == 0) {
        if (recorder::LoadRelaxed(count_) >= kMost) return false;
        if (recorder::Swap(place, std::uint64_t{0}, hash)) {
          recorder::AddRelaxed(count_, 1u);
          return true;
        }
        known = recorder::LoadRelaxed(place);
      }
      if (known == hash) return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t kEntries = 4 * kMost;
  std::uint64_t known_[kEntries] = {};  // hashes; 0: free
  std::uint32_t count_ = 0;
};

}  // namespace mqtrack::hooks
