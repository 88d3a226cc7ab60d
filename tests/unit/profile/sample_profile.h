// Builds small profiles for tests in one expression per sample.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::profile {

inline std::vector<ValueType> OneType(const std::string& type, const std::string& unit) { return {{type, unit}}; }

/// A profile under construction; stacks are given by function names, leaf first.
class SampleProfile {
 public:
  explicit SampleProfile(std::vector<ValueType> types) {
    profile_.sample_types = std::move(types);
    profile_.period_type = {"space", "bytes"};
    profile_.mappings.push_back({0x400000, 0x500000, 0, "/usr/sbin/broker", "abcd", true, true, true, true});
  }

  SampleProfile& Add(const std::vector<std::string>& stack, std::vector<std::int64_t> values,
                     std::vector<Label> labels = {}) {
    Sample& sample = profile_.samples.emplace_back();
    for (const std::string& name : stack) sample.locations.push_back(LocationOf(name));
    sample.values = std::move(values);
    sample.labels = std::move(labels);
    return *this;
  }

  Profile& operator*() { return profile_; }
  Profile* operator->() { return &profile_; }

 private:
  LocationId LocationOf(const std::string& name) {
    for (std::uint32_t i = 0; i < profile_.functions.size(); ++i) {
      if (profile_.functions[i].name == name) return LocationId{i};
    }
    const auto index = static_cast<std::uint32_t>(profile_.functions.size());
    profile_.functions.push_back({name, name, "src/" + name + ".c", 1});
    profile_.locations.push_back({MappingId{0}, 0x401000 + index * 16, {{FunctionId{index}, 7}}, false});
    return LocationId{index};
  }

  Profile profile_;
};

/// The names along a sample's stack, leaf first, inlined ones included: "leaf;caller;main".
inline std::string StackOf(const Profile& profile, const Sample& sample) {
  std::string stack;
  for (const LocationId id : sample.locations) {
    for (const Line& line : profile.location(id).lines) {
      stack += (stack.empty() ? "" : ";") + profile.function(line.function).name;
    }
  }
  return stack;
}

/// "stack value value ..." of every sample.
inline std::vector<std::string> Rows(const Profile& profile) {
  std::vector<std::string> rows;
  for (const Sample& sample : profile.samples) {
    std::string row = StackOf(profile, sample);
    for (const std::int64_t value : sample.values) row += " " + std::to_string(value);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace mqtrack::profile
