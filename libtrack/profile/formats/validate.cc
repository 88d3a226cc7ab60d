#include "libtrack/profile/formats/validate.h"

namespace mqtrack::profile {
namespace {

using support::Error;
using support::ErrorCode;

// What is wrong with the tables, or nothing.
std::string CheckTables(const Profile& profile) {
  for (std::size_t i = 0; i < profile.locations.size(); ++i) {
    const Location& location = profile.locations[i];
    const std::string name = "location " + std::to_string(i);
    if (location.mapping != MappingId::kNone && Index(location.mapping) >= profile.mappings.size()) {
      return name + " refers to mapping " + std::to_string(Index(location.mapping)) + " of " +
             std::to_string(profile.mappings.size());
    }
    for (const Line& line : location.lines) {
      if (Index(line.function) >= profile.functions.size()) {
        return name + " refers to function " + std::to_string(Index(line.function)) + " of " +
               std::to_string(profile.functions.size());
      }
    }
  }
  return {};
}

std::string CheckLabel(const Label& label) {
  if (label.key.empty()) return "a label without a key";
  if (!label.str.empty() && (label.num != 0 || !label.num_unit.empty())) {
    return "label " + label.key + " with both a string and a number";
  }
  return {};
}

std::string CheckSample(const Profile& profile, const Sample& sample) {
  if (sample.values.size() != profile.sample_types.size()) {
    return std::to_string(sample.values.size()) + " values for " + std::to_string(profile.sample_types.size()) +
           " sample types";
  }
  for (const LocationId id : sample.locations) {
    if (Index(id) >= profile.locations.size()) {
      return "location " + std::to_string(Index(id)) + " of " + std::to_string(profile.locations.size());
    }
  }
  for (std::size_t i = 0; i < sample.labels.size(); ++i) {
    std::string wrong = CheckLabel(sample.labels[i]);
    if (!wrong.empty()) return wrong;
    if (i > 0 && sample.labels[i].key < sample.labels[i - 1].key) return "labels not sorted by key";
  }
  return {};
}

}  // namespace

std::string CheckSampleTypes(const std::vector<ValueType>& types) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].type.empty()) return "sample type " + std::to_string(i) + " has no name";
    for (std::size_t j = 0; j < i; ++j) {
      if (types[i].type == types[j].type) return "sample type " + types[i].type + " appears twice";
    }
  }
  return {};
}

support::Status Validate(const Profile& profile, const std::string& where) {
  std::string wrong = CheckSampleTypes(profile.sample_types);
  if (wrong.empty()) wrong = CheckTables(profile);
  for (std::size_t i = 0; wrong.empty() && i < profile.samples.size(); ++i) {
    wrong = CheckSample(profile, profile.samples[i]);
    if (!wrong.empty()) wrong = "sample " + std::to_string(i) + " has " + wrong;
  }
  if (wrong.empty()) return {};
  return Error{ErrorCode::kBadInput, "not a valid profile: " + wrong, where};
}

}  // namespace mqtrack::profile
