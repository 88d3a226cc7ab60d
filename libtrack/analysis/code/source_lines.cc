#include "libtrack/analysis/code/source_lines.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "libtrack/analysis/code/code_frames.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/difference.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::analysis {
namespace {

/// A sum over samples, each counted once however often its stack comes by.
struct OncePerSample {
  std::int64_t flat = 0, cum = 0;
  std::size_t last_sample = 0;

  void Add(std::int64_t value, bool is_leaf, std::size_t sample) {
    if (is_leaf) flat = Sum(flat, value);
    if (last_sample == sample) return;
    last_sample = sample;
    cum = Sum(cum, value);
  }
};

/// The functions that match, from 1, by the number of each place; 0: does not match.
std::vector<std::uint32_t> FunctionOfPlaces(const CodeFrames& frames, const FunctionPattern& pattern,
                                            std::vector<FunctionLines>& functions) {
  std::map<std::pair<std::string, std::string>, std::uint32_t> numbers;
  std::vector<std::uint32_t> function_of(frames.places().size());
  for (std::size_t i = 0; i < function_of.size(); ++i) {
    const CodePlace& place = frames.places()[i];
    if (!pattern.Matches(place.function)) continue;
    const auto [entry, is_new] =
        numbers.try_emplace({place.function, place.file}, static_cast<std::uint32_t>(functions.size() + 1));
    if (is_new) functions.push_back({place.function, place.module, place.file, 0, 0, 0, {}});
    std::int64_t& start = functions[entry->second - 1].start_line;
    if (place.start_line > 0 && (start == 0 || place.start_line < start)) start = place.start_line;
    function_of[i] = entry->second;
  }
  return function_of;
}

}  // namespace

support::Result<SourceLines> LinesOfFunctions(const profile::Profile& profile, const FunctionPattern& pattern,
                                              const std::string& sample_type) {
  const support::Result<std::size_t> type = profile::FindSampleType(profile, sample_type);
  if (!type) return type.error();
  const CodeFrames frames(profile, [](const CodePlace& place) {
    return place.function + '\0' + place.file + '\0' + std::to_string(place.line);
  });
  SourceLines result;
  const std::vector<std::uint32_t> function_of = FunctionOfPlaces(frames, pattern, result.functions);
  std::vector<OncePerSample> of_places(function_of.size()), of_functions(result.functions.size());
  std::size_t number = 0;
  for (const profile::Sample& sample : profile.samples) {
    const std::int64_t value = sample.values[type.value()];
    if (value == 0) continue;
    ++number;
    bool is_leaf = true;
    for (const profile::LocationId location : sample.locations) {
      for (const CodeFrames::Frame& frame : frames.FramesOf(location)) {
        const std::uint32_t function = function_of[frame.place];
        if (function != 0) {
          of_places[frame.place].Add(value, is_leaf, number);
          of_functions[function - 1].Add(value, is_leaf, number);
        }
        is_leaf = false;
      }
    }
  }
  for (std::size_t i = 0; i < function_of.size(); ++i) {
    if (of_places[i].last_sample == 0) continue;
    result.functions[function_of[i] - 1].lines.push_back(
        {frames.places()[i].line, of_places[i].flat, of_places[i].cum});
  }
  std::set<std::string> names;
  for (const CodePlace& place : frames.places()) names.insert(place.function);
  result.different_functions = names.size();
  for (std::size_t i = 0; i < result.functions.size(); ++i) {
    FunctionLines& function = result.functions[i];
    function.flat = of_functions[i].flat;
    function.cum = of_functions[i].cum;
    std::sort(function.lines.begin(), function.lines.end(),
              [](const LineCost& a, const LineCost& b) { return a.line < b.line; });
  }
  std::erase_if(result.functions, [](const FunctionLines& function) { return function.lines.empty(); });
  std::stable_sort(result.functions.begin(), result.functions.end(),
                   [](const FunctionLines& a, const FunctionLines& b) {
                     return profile::Magnitude(a.cum) > profile::Magnitude(b.cum);
                   });
  result.value_type = profile.sample_types[type.value()];
  result.total = profile::Total(profile, type.value());
  result.side = DescribeSide(profile);
  return result;
}

}  // namespace mqtrack::analysis
