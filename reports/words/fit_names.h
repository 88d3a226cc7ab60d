// Names of functions in a place of limited width. C++ names may have thousands of characters; what a reader needs to
// tell two of them apart must stay.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mqtrack::reports {

/// Where nothing limits the width (a file, the log of a CI job): longest name in a row, in characters.
inline constexpr std::size_t kWidestName = 200;
/// The same in a sentence, so that a headline is two lines at most.
inline constexpr std::size_t kWidestNameInSentence = 120;

/// `name` as tables and sentences show it: support::DisplayName, safe for one line, whole.
[[nodiscard]] std::string ShownName(std::string_view name);

/// ShownName with the middle left out if it has more than `width` characters: where it begins and its end, the function
/// itself, stay.
[[nodiscard]] std::string ShortName(std::string_view name, std::size_t width = kWidestName);

/// `texts`, each at most `width` characters, in linear time. Different ones stay different: where cutting the middle
/// would make them equal, the place where they differ is shown too, or else a number is added.
[[nodiscard]] std::vector<std::string> DistinctCuts(const std::vector<std::string>& texts, std::size_t width);

/// DistinctCuts of the ShownName of whole `names`: those that only look the same as shown get numbers, too.
[[nodiscard]] std::vector<std::string> FitNames(const std::vector<std::string>& names, std::size_t width);

/// ShortName for places that are filled one by one and must agree, such as both sides of a picture: a name of which
/// something is left out has a mark of the whole name in it, "boost::asio::...~3f2a90c1...::Run".
[[nodiscard]] std::string MarkedName(std::string_view name, std::size_t width = kWidestName);

}  // namespace mqtrack::reports
