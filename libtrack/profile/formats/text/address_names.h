// Names of addresses that a file brings along in a part of its own: the "--- symbol" part of symbolized profiles, the
// list of locations below Java's, lines of names below gperftools' text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

class AddressNames {
 public:
  struct Name {
    Function function;
    std::int64_t line = 0;
  };

  /// The functions at `address`, innermost first. An address that was added before keeps its first names.
  void Add(std::uint64_t address, std::vector<Name> names) { names_.try_emplace(address, std::move(names)); }

  /// Adds what a line "0x401010 main.run (main.java:12)" says; the place may be a file without a line, or missing.
  /// False if it is no such line.
  bool AddPlacedLine(std::string_view line);

  [[nodiscard]] bool Has(std::uint64_t address) const { return names_.contains(address); }
  [[nodiscard]] bool empty() const { return names_.empty(); }

  /// Names the locations of `profile` that have no names yet: those of their own address or, if there are none, of the
  /// one behind it, since a table may hold return addresses.
  void Apply(Profile& profile) const;

 private:
  std::unordered_map<std::uint64_t, std::vector<Name>> names_;
};

}  // namespace mqtrack::profile
