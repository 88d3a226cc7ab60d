#include "libtrack/analysis/gate/suppressions.h"

#include <algorithm>
#include <limits>

#include "libtrack/analysis/printable.h"
#include "libtrack/support/file.h"

namespace mqtrack::analysis {
namespace {

constexpr std::string_view kLeakPrefix = "leak:";
constexpr std::uint64_t kMaxFileBytes = 4 << 20;
constexpr std::size_t kNoMatch = std::numeric_limits<std::size_t>::max();

std::string_view Trim(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\v\f";
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

/// Index of the first suppression that matches `name`.
std::size_t FirstMatch(const Suppressions& suppressions, std::string_view name) {
  for (std::size_t i = 0; i < suppressions.entries.size(); ++i) {
    if (suppressions.entries[i].pattern.Matches(name)) return i;
  }
  return kNoMatch;
}

/// For every location of a profile, the first suppression that matches its function, file or module. Each name is
/// matched once, however many stacks it is in.
std::vector<std::size_t> MatchLocations(const profile::Profile& profile, const Suppressions& suppressions) {
  std::vector<std::size_t> by_function, by_mapping, by_location;
  by_function.reserve(profile.functions.size());
  for (const profile::Function& function : profile.functions) {
    by_function.push_back(
        std::min(FirstMatch(suppressions, function.name), FirstMatch(suppressions, function.filename)));
  }
  by_mapping.reserve(profile.mappings.size());
  for (const profile::Mapping& mapping : profile.mappings) {
    by_mapping.push_back(FirstMatch(suppressions, mapping.file));
  }
  by_location.reserve(profile.locations.size());
  for (const profile::Location& location : profile.locations) {
    std::size_t match = location.mapping == profile::MappingId::kNone ? kNoMatch : by_mapping[Index(location.mapping)];
    for (const profile::Line& line : location.lines) match = std::min(match, by_function[Index(line.function)]);
    by_location.push_back(match);
  }
  return by_location;
}

}  // namespace

std::size_t Suppressions::used() const {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(), [](const Suppression& entry) { return entry.stacks > 0; }));
}

support::Result<Suppressions> ParseSuppressions(std::string_view text, const std::string& where) {
  Suppressions suppressions{where, {}};
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::string line_where = where + ":" + std::to_string(number);
    if (!line.starts_with(kLeakPrefix)) {
      return support::Error{support::ErrorCode::kBadInput,
                            "expected leak:PATTERN or a # comment, found " + Quoted(line), line_where};
    }
    support::Result<NamePattern> pattern = NamePattern::Parse(line.substr(kLeakPrefix.size()), line_where);
    if (!pattern) return std::move(pattern).error();
    suppressions.entries.push_back({*std::move(pattern), number, 0});
  }
  return suppressions;
}

support::Result<Suppressions> LoadSuppressions(const std::string& path) {
  support::Result<std::string> text = support::ReadFile(path, kMaxFileBytes);
  if (!text) return std::move(text).error();
  return ParseSuppressions(*text, path);
}

profile::Profile WithoutSuppressed(const profile::Profile& profile, Suppressions& suppressions) {
  profile::Profile kept = profile;
  if (suppressions.entries.empty()) return kept;
  const std::vector<std::size_t> by_location = MatchLocations(profile, suppressions);
  std::erase_if(kept.samples, [&](const profile::Sample& sample) {
    std::size_t match = kNoMatch;
    for (const profile::LocationId id : sample.locations) match = std::min(match, by_location[Index(id)]);
    if (match == kNoMatch) return false;
    ++suppressions.entries[match].stacks;
    return true;
  });
  return kept;
}

}  // namespace mqtrack::analysis
