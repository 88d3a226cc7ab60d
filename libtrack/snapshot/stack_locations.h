// The stacks of a log as locations of a profile. Private to the snapshot builder.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/log/id_index.h"
#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/module_map.h"

namespace mqtrack::snapshot {

/// Fills mappings, locations and functions of `profile`, which it borrows, and numbers the distinct stacks 0..N-1.
/// Stacks that only differ in their record (two threads may enter the same one) get one number. No stack is empty:
/// what has no addresses gets a frame in brackets that says why (viewers do not show samples without frames).
class StackTable {
 public:
  StackTable(const log::LogContent& content, profile::Profile& profile);

  /// The number of a stack of the log; an id the log does not hold is the unknown stack.
  [[nodiscard]] std::uint32_t NumberOf(log::StackId id) const {
    const std::uint32_t record = records_.Find(static_cast<std::uint32_t>(id));
    return record == log::IdIndex::kMissing ? unknown_ : numbers_[record];
  }
  /// The number of content.stacks[index].
  [[nodiscard]] std::uint32_t NumberAt(std::size_t index) const { return numbers_[index]; }
  [[nodiscard]] std::size_t size() const { return stacks_.size(); }
  [[nodiscard]] const std::vector<profile::LocationId>& locations(std::uint32_t number) const {
    return stacks_[number];
  }

 private:
  struct VectorHash {
    std::size_t operator()(const std::vector<profile::LocationId>& locations) const;
  };
  struct Place {
    std::uint64_t address;
    std::uint32_t module;
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const { return log::Mix(place.address) + place.module; }
  };

  std::uint32_t AddStack(std::vector<profile::LocationId> locations);
  profile::LocationId AddressLocation(std::uint64_t return_address, std::uint32_t registered);
  profile::LocationId BracketLocation(const std::string& name);
  profile::MappingId MappingOf(std::uint32_t module);
  std::vector<profile::LocationId> LocationsOf(const log::Stack& stack);

  const std::vector<log::LogModule>& modules_;
  const ModuleMap module_map_;
  const log::LogModule* recorder_ = nullptr;  // the recorder itself, if stacks lead through it
  profile::Profile& profile_;
  log::IdIndex records_;                // StackId -> index in content.stacks
  std::vector<std::uint32_t> numbers_;  // by index in content.stacks
  std::vector<std::vector<profile::LocationId>> stacks_;
  std::unordered_map<std::vector<profile::LocationId>, std::uint32_t, VectorHash> by_locations_;
  std::unordered_map<Place, profile::LocationId, PlaceHash> by_place_;
  std::unordered_map<std::string, profile::LocationId> by_bracket_;
  std::vector<profile::MappingId> mappings_;  // by module
  std::uint32_t unknown_ = 0;
};

}  // namespace mqtrack::snapshot
