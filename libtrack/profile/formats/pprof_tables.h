// The tables of a profile.proto message that samples refer to: strings, mappings, functions, locations.
#pragma once

#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libtrack/profile/formats/pprof_message.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// Ids of a message as indices. 1..N in order, which nearly every writer gives, need no table.
class IdTable {
 public:
  explicit IdTable(const char* kind) : kind_(kind) {}

  void Add(std::uint64_t id, const char* at) {
    if (id == 0) throw Malformed{at, std::string(kind_) + " id 0 is not allowed"};
    if (sparse_.empty() && id == count_ + 1) {
      ++count_;
      return;
    }
    if (sparse_.empty()) {
      for (std::uint32_t i = 0; i < count_; ++i) sparse_.emplace(i + 1, i);
    }
    if (!sparse_.emplace(id, count_).second) {
      throw Malformed{at, std::string(kind_) + " id " + std::to_string(id) + " appears twice"};
    }
    ++count_;
  }

  [[nodiscard]] std::uint32_t Find(std::uint64_t id, const char* at) const {
    if (sparse_.empty() && id >= 1 && id <= count_) return static_cast<std::uint32_t>(id - 1);
    const auto found = sparse_.find(id);
    if (found != sparse_.end()) return found->second;
    throw Malformed{at, "there is no " + std::string(kind_) + " with id " + std::to_string(id)};
  }

 private:
  const char* kind_;
  std::uint32_t count_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;  // empty as long as ids are 1..N in order
};

/// Reads entries into a Profile and remembers their ids. All throw Malformed. Not thread-safe; used for one message.
class PprofTables {
 public:
  /// `string_budget`: how many bytes of strings the profile may hold. A string used by a million functions is on the
  /// wire once and would be in memory a million times.
  PprofTables(std::vector<protozero::data_view> strings, std::uint64_t string_budget)
      : strings_(std::move(strings)), string_budget_(string_budget) {}

  [[nodiscard]] std::string String(std::uint64_t index, const char* at);
  /// The same as valid UTF-8, which is all that is ever written: two names that differ now then differ for ever.
  [[nodiscard]] std::string Text(std::uint64_t index, const char* at);
  [[nodiscard]] ValueType ReadValueType(protozero::data_view view);
  void ReadMapping(protozero::data_view view, Profile& profile);
  void ReadFunction(protozero::data_view view, Profile& profile);
  /// After the mappings and functions.
  void ReadLocation(protozero::data_view view, Profile& profile);
  [[nodiscard]] LocationId FindLocation(std::uint64_t id, const char* at) const {
    return LocationId{location_ids_.Find(id, at)};
  }

 private:
  void ReadLine(protozero::data_view view, Location& location) const;

  std::vector<protozero::data_view> strings_;
  std::uint64_t string_budget_;
  IdTable mapping_ids_{"mapping"}, location_ids_{"location"}, function_ids_{"function"};
};

}  // namespace mqtrack::profile
