// Profiles to draw in tests: a broker before and after an hour, one whose names are hostile, and big synthetic ones.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::testing {

/// One frame of a test stack. An inlined frame shares the location of the next frame towards the root.
struct TestFrame {
  std::string function;  // empty: an address without a symbol
  std::string file = {};
  std::int64_t line = 0;
  std::string module = "mosquitto";
  bool inlined = false;
};

/// Builds heap profiles (inuse_objects, inuse_space) stack by stack.
class PictureProfileBuilder {
 public:
  PictureProfileBuilder();
  /// `stack` root first.
  PictureProfileBuilder& Add(const std::vector<TestFrame>& stack, std::int64_t objects, std::int64_t bytes,
                             std::vector<profile::Label> labels = {});
  PictureProfileBuilder& Fact(std::string_view key, std::string_view value);
  PictureProfileBuilder& Time(std::int64_t unix_seconds);
  [[nodiscard]] const profile::Profile& Get() const { return profile_; }

 private:
  profile::MappingId MappingOf(const std::string& module);
  profile::FunctionId FunctionOf(const TestFrame& frame);

  profile::Profile profile_;
  std::map<std::string, profile::MappingId> mappings_;
  std::map<std::string, profile::FunctionId> functions_;
  std::map<std::string, profile::LocationId> locations_;
};

/// A broker with a leaking plugin; `hour` 0 and 1 are an hour and 400,000 messages apart.
[[nodiscard]] profile::Profile BrokerProfile(int hour);

/// Names that try to leave their place in SVG, DOT, CSS, script and folded text.
[[nodiscard]] profile::Profile HostileProfile();

/// `stacks` random stacks of `depth` frames, the same for the same `seed`. Values differ with `seed`, stacks mostly
/// not, as in two snapshots of one process.
[[nodiscard]] profile::Profile SyntheticProfile(std::uint32_t seed, std::size_t stacks, std::size_t depth);

}  // namespace mqtrack::testing
