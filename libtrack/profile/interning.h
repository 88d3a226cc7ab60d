// Finds the equals of one profile's mappings, functions and locations in another: the tables behind merging.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "libtrack/profile/hash_index.h"
#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

/// What is already in the profile that is being built. One per result, shared by the Remappers that feed it.
struct InternTables {
  /// Rounded size, offset, build id or else file. pprof's idea of "the same mapping" in two processes.
  using MappingKey = std::tuple<std::uint64_t, std::uint64_t, std::string>;
  std::map<MappingKey, MappingId> mappings;
  HashIndex functions, locations;  // into the result's own tables
};

/// Translates ids of `from` into ids of `to`, adding what is missing there. Each id is looked up once. Both profiles
/// and the tables must outlive it.
class Remapper {
 public:
  Remapper(const Profile& from, InternTables& tables, Profile& to);

  MappingId Map(MappingId id);
  FunctionId Map(FunctionId id);
  LocationId Map(LocationId id);

 private:
  static constexpr std::uint32_t kUnknown = 0xfffffffe;

  const Profile& from_;
  InternTables& tables_;
  Profile& to_;
  std::vector<std::uint32_t> mappings_, functions_, locations_;  // by old index; kUnknown until looked up
  Location translated_;                                          // scratch
};

}  // namespace mqtrack::profile
