// The filter that a table was made with, in words: without them a part would be taken for all.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/profile/filter.h"

namespace mqtrack::reports {

/// An option as words of a shell: "--focus retain", "--focus 'a b'", "--focus=-x".
[[nodiscard]] std::string OptionWords(std::string_view name, const std::string& value);

/// The options that gave `filter`, as words of a shell: "--focus retain --ignore free". Empty without a filter.
[[nodiscard]] std::string FilterOptions(const profile::Filter& filter);

/// What it keeps, to stand behind "only": "stacks that match --focus retain, but not --ignore free". Empty without a
/// filter.
[[nodiscard]] std::string FilterSentence(const profile::Filter& filter);

/// The parts that were given, each with the name of its field in JSON: {"tag_focus", "thread=main"}.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> FilterFields(const profile::Filter& filter);

}  // namespace mqtrack::reports
