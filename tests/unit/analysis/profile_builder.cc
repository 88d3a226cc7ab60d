#include "tests/unit/analysis/profile_builder.h"

#include <string>
#include <utility>

#include "libtrack/profile/fact.h"

namespace mqtrack::testing {
namespace {

constexpr std::string_view kInlinedMark = " <inlined";
constexpr std::uint64_t kAddressStep = 0x10;

}  // namespace

ProfileBuilder::ProfileBuilder(std::uint64_t load_address, std::string build_id) {
  profile_.sample_types = {
      {"alloc_objects", "count"}, {"alloc_space", "bytes"}, {"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  profile_.default_sample_type = "inuse_space";
  profile_.period_type = {"space", "bytes"};
  profile_.period = 1;
  profile::Mapping main;
  main.start = load_address;
  main.limit = load_address + 0x100000;
  main.file = "/usr/sbin/mosquitto";
  main.build_id = std::move(build_id);
  main.has_functions = main.has_filenames = main.has_line_numbers = true;
  profile_.mappings.push_back(std::move(main));
}

ProfileBuilder& ProfileBuilder::Heap(const Frames& stack, std::int64_t objects, std::int64_t bytes,
                                     std::vector<profile::Label> labels) {
  return Add(stack,
             {{"alloc_objects", objects}, {"alloc_space", bytes}, {"inuse_objects", objects}, {"inuse_space", bytes}},
             std::move(labels));
}

ProfileBuilder& ProfileBuilder::Add(const Frames& stack, const std::map<std::string, std::int64_t>& values,
                                    std::vector<profile::Label> labels) {
  profile::Sample sample;
  Frames location;
  for (const std::string& frame : stack) {
    location.push_back(frame);
    if (frame.ends_with(kInlinedMark)) continue;
    sample.locations.push_back(Location(location));
    location.clear();
  }
  for (const auto& [name, value] : values) {
    const std::size_t index = TypeIndex(name);
    sample.values.resize(profile_.sample_types.size());
    sample.values[index] = value;
  }
  sample.values.resize(profile_.sample_types.size());
  sample.labels = std::move(labels);
  profile_.samples.push_back(std::move(sample));
  return *this;
}

ProfileBuilder& ProfileBuilder::Fact(const std::string& key, const std::string& value) {
  profile_.comments.push_back(std::string(profile::kFactPrefix) + key + ": " + value);
  return *this;
}

ProfileBuilder& ProfileBuilder::Time(std::int64_t seconds) {
  profile_.time_nanos = seconds * 1'000'000'000;
  return *this;
}

ProfileBuilder& ProfileBuilder::Type(const std::string& name, const std::string& unit) {
  profile_.sample_types[TypeIndex(name)].unit = unit;
  return *this;
}

std::size_t ProfileBuilder::TypeIndex(const std::string& name) {
  for (std::size_t i = 0; i < profile_.sample_types.size(); ++i) {
    if (profile_.sample_types[i].type == name) return i;
  }
  profile_.sample_types.push_back({name, "count"});
  for (profile::Sample& sample : profile_.samples) sample.values.push_back(0);
  return profile_.sample_types.size() - 1;
}

profile::LocationId ProfileBuilder::Location(const Frames& inlined_then_physical) {
  const auto [known, is_new] = locations_.try_emplace(
      inlined_then_physical, profile::LocationId{static_cast<std::uint32_t>(profile_.locations.size())});
  if (!is_new) return known->second;
  profile::Location location;
  location.mapping = profile::MappingId{0};
  location.address = profile_.mappings[0].start + kAddressStep * (profile_.locations.size() + 1);
  for (const std::string& frame : inlined_then_physical) {
    if (frame != "?") location.lines.push_back(ParseFrame(frame));  // "?": an address without symbols
  }
  profile_.locations.push_back(std::move(location));
  return known->second;
}

profile::Line ProfileBuilder::ParseFrame(std::string_view frame) {
  if (frame.ends_with(kInlinedMark)) frame.remove_suffix(kInlinedMark.size());
  profile::Line line;
  std::string file;
  const std::size_t blank = frame.rfind(' ');
  if (blank != std::string_view::npos && frame.find(':', blank) != std::string_view::npos) {  // not "operator new"
    const std::string_view where = frame.substr(blank + 1);
    const std::size_t colon = where.rfind(':');
    file = std::string(where.substr(0, colon));
    line.line = std::stoll(std::string(where.substr(colon + 1)));
    frame = frame.substr(0, blank);
  }
  const auto [known, is_new] = functions_.try_emplace(
      {std::string(frame), file}, profile::FunctionId{static_cast<std::uint32_t>(profile_.functions.size())});
  if (is_new) profile_.functions.push_back({std::string(frame), std::string(frame), file, 0});
  line.function = known->second;
  return line;
}

}  // namespace mqtrack::testing
