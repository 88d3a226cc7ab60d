// Runs a fixture program and makes of its probes the profile that a recorder would have made.
#pragma once

#include <map>
#include <string>

#include "libtrack/profile/profile.h"

namespace mqtrack::symbolize {

/// How producers of profiles describe what was mapped.
enum class MappingStyle {
  kCodeSegment,  // the executable segment with its file offset, as pprof's own writers do
  kWholeModule,  // from the module's first byte to its last, as mqtrack's recorder does
};

struct RecordedFixture {
  profile::Profile profile;
  std::map<std::string, profile::LocationId> probes;  // by name

  [[nodiscard]] const profile::Location& at(const std::string& probe) const;
  /// "name" of every line of the probe's location, innermost first, joined by " < ".
  [[nodiscard]] std::string Names(const std::string& probe) const;
  /// "file:line" likewise, file without directory.
  [[nodiscard]] std::string Lines(const std::string& probe) const;
  [[nodiscard]] profile::Mapping& mapping_of(const std::string& probe);
};

/// Path of a fixture that the build made.
[[nodiscard]] std::string FixturePath(const std::string& name);
/// Runs the program at `path`; build ids are read from the files. Fails the test if it prints no probes.
[[nodiscard]] RecordedFixture Record(const std::string& path, MappingStyle style = MappingStyle::kCodeSegment);
/// "file:line" of the line that `mark` ("at: name") stands on in a fixture's source.
[[nodiscard]] std::string MarkedLine(const std::string& source, const std::string& mark);

}  // namespace mqtrack::symbolize
