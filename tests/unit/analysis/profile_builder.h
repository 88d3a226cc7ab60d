// Profiles for tests of analysis and reports, written as stacks of names.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::testing {

/// A frame: "function", "function file:line", or "function file:line <inlined" for one that was inlined into the next.
/// Leaf first. Equal frames share a location.
using Frames = std::vector<std::string>;

/// Builds a profile with the four heap types and whatever is added. load_address moves all addresses, as address
/// randomisation does between two runs of one binary.
class ProfileBuilder {
 public:
  explicit ProfileBuilder(std::uint64_t load_address = 0x400000, std::string build_id = "abcd");

  /// A heap stack: live and allocated are the same.
  ProfileBuilder& Heap(const Frames& stack, std::int64_t objects, std::int64_t bytes,
                       std::vector<profile::Label> labels = {});
  /// Any type: values by name. An unknown name is added as a type of unit "count".
  ProfileBuilder& Add(const Frames& stack, const std::map<std::string, std::int64_t>& values,
                      std::vector<profile::Label> labels = {});
  ProfileBuilder& Fact(const std::string& key, const std::string& value);
  ProfileBuilder& Time(std::int64_t seconds);
  ProfileBuilder& Type(const std::string& name, const std::string& unit);

  [[nodiscard]] profile::Profile Build() const { return profile_; }

 private:
  std::size_t TypeIndex(const std::string& name);
  profile::LocationId Location(const Frames& inlined_then_physical);
  profile::Line ParseFrame(std::string_view frame);

  profile::Profile profile_;
  std::map<Frames, profile::LocationId> locations_;
  std::map<std::pair<std::string, std::string>, profile::FunctionId> functions_;
};

}  // namespace mqtrack::testing
