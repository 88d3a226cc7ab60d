// What the readers of text heap profiles share: stacks of return addresses become locations, sampled counts become
// estimates, the MAPPED_LIBRARIES section becomes mappings.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/formats/text/text_lines.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// The four numbers of a heap text line.
struct HeapCounts {
  std::int64_t inuse_objects = 0, inuse_space = 0, alloc_objects = 0, alloc_space = 0;
};

/// Scans "1: 2 [3: 4]" (spaces anywhere); false if it is something else.
[[nodiscard]] bool ScanHeapCounts(LineScanner& scan, HeapCounts& counts);

/// Undoes Poisson sampling with a mean distance of `rate` bytes (as jeprof and pprof do): both numbers divided by the
/// chance that a block of the average size was sampled. A rate of 1 or less means every block was counted. Apply to
/// each line by itself, never to sums: jemalloc stores numbers that are only right that way.
void Unsample(std::int64_t& objects, std::int64_t& space, std::int64_t rate);

/// The whole part of `value`, within the range of numbers: a hostile file may ask for anything.
[[nodiscard]] std::int64_t WholeNumber(double value);
/// `value` times `factor`.
[[nodiscard]] inline std::int64_t Scaled(std::int64_t value, double factor) {
  return WholeNumber(static_cast<double>(value) * factor);
}

/// Builds a Profile from stacks of return addresses.
class TextProfileBuilder {
 public:
  /// Names the values: the four heap types, or only the two inuse ones.
  void SetHeapTypes(bool with_alloc);

  /// The location of the call that returns to `return_address`: one byte back is inside the call instruction.
  LocationId Call(std::uint64_t return_address) { return At(return_address == 0 ? 0 : return_address - 1); }
  std::vector<LocationId> Calls(const std::vector<std::uint64_t>& return_addresses);

  /// The location of exactly this address.
  LocationId At(std::uint64_t address);
  /// The same, if it was made before.
  [[nodiscard]] std::optional<LocationId> Find(std::uint64_t address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? std::nullopt : std::optional(found->second);
  }

  /// Adds a sample of the heap types, unless it counts nothing. `counts` are final numbers.
  void AddHeapSample(std::vector<LocationId> locations, const HeapCounts& counts);

  /// Reads /proc/self/maps lines until the end of the text and assigns the executable ones to the locations. Lines of
  /// another form are skipped, as pprof does: what precedes is complete without them.
  void ReadMappedLibraries(LineCursor& lines);

  Profile& profile() { return profile_; }

 private:
  Profile profile_;
  bool with_alloc_ = true;
  std::unordered_map<std::uint64_t, LocationId> by_address_;
};

/// True for the lines that start the section of mapped files.
[[nodiscard]] bool IsMappedLibrariesHeader(std::string_view line);

}  // namespace mqtrack::profile
