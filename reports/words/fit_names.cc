#include "reports/words/fit_names.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unordered_map>
#include <utility>

#include "libtrack/analysis/printable.h"
#include "libtrack/profile/hash.h"
#include "libtrack/support/display_name.h"
#include "reports/words/columns.h"

namespace mqtrack::reports {
namespace {

using Group = std::vector<std::size_t>;  // of names that would look the same

constexpr std::string_view kCutMark = "...";

/// How many bytes all of the group begin with, not ending inside a character.
std::size_t CommonBytes(const std::vector<std::string>& names, const Group& group) {
  const std::string& first = names[group[0]];
  std::size_t common = first.size();
  for (const std::size_t i : group) {
    const auto end = first.begin() + static_cast<std::ptrdiff_t>(std::min(common, names[i].size()));
    common = static_cast<std::size_t>(std::mismatch(first.begin(), end, names[i].begin()).first - first.begin());
  }
  while (common > 0 && common < first.size() && (static_cast<unsigned char>(first[common]) & 0xc0) == 0x80) --common;
  return common;
}

/// "boost::asio::...Reader<Topic>...::Run": the beginning, what follows from the byte `from` on, the end.
std::string CutAround(std::string_view name, std::size_t from, std::size_t width) {
  const std::size_t kept = width - 2 * kCutMark.size(), part = kept / 3;
  const std::size_t lead = std::min<std::size_t>(from, part / 4);  // some of what they share, to see where it is
  std::size_t start = from - lead;
  while (start > 0 && (static_cast<unsigned char>(name[start]) & 0xc0) == 0x80) --start;
  return std::string(FirstCharacters(name, part))
      .append(kCutMark)
      .append(FirstCharacters(name.substr(start), part))
      .append(kCutMark)
      .append(LastCharacters(name, kept - 2 * part));
}

/// Template arguments of a name, outermost ones: from behind '<' to before '>'.
struct Arguments {
  std::size_t begin = 0, end = 0;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

/// Empty of what is no name of C++ with arguments that end.
std::vector<Arguments> FindArguments(std::string_view name) {
  constexpr std::string_view kOperator = "operator";
  std::vector<Arguments> found;
  std::size_t depth = 0, begin = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with(kOperator)) {
      i += kOperator.size();
      while (i < name.size() && (name[i] == '<' || name[i] == '>' || name[i] == '-' || name[i] == '=')) ++i;
      if (i >= name.size()) break;
    }
    if (name[i] == '<' && depth++ == 0) begin = i + 1;
    if (name[i] != '>' || depth == 0 || (i > 0 && name[i - 1] == '-')) continue;
    if (--depth == 0) found.push_back({begin, i});
  }
  return depth == 0 ? found : std::vector<Arguments>();
}

/// `name` with "..." for as many of its template arguments as it takes to fit, the longest first: a cut in the middle
/// of them leaves brackets that never close.
std::string Folded(const std::string& name, std::size_t width) {
  std::size_t excess = TextWidth(name);
  if (excess <= width) return name;
  excess -= width;
  std::vector<Arguments> all = FindArguments(name), folded;
  std::stable_sort(all.begin(), all.end(), [](const Arguments& a, const Arguments& b) { return a.size() > b.size(); });
  for (const Arguments& one : all) {
    if (excess == 0 || one.size() <= kCutMark.size()) break;
    const std::size_t saved = TextWidth(std::string_view(name).substr(one.begin, one.size())) - kCutMark.size();
    excess -= std::min(excess, saved);
    folded.push_back(one);
  }
  std::sort(folded.begin(), folded.end(), [](const Arguments& a, const Arguments& b) { return a.begin < b.begin; });
  std::string text;
  std::size_t at = 0;
  for (const Arguments& one : folded) {
    text.append(name, at, one.begin - at).append(kCutMark);
    at = one.end;
  }
  return text.append(name, at);
}

/// The names that a cut made equal though they are not, by what they look like.
std::unordered_map<std::string, Group> Colliding(const std::vector<std::string>& names,
                                                 const std::vector<std::string>& fitted) {
  std::unordered_map<std::string, Group> groups;
  for (std::size_t i = 0; i < names.size(); ++i) groups[fitted[i]].push_back(i);
  std::erase_if(groups, [&](const auto& group) {
    return std::all_of(group.second.begin(), group.second.end(),
                       [&](std::size_t i) { return names[i] == names[group.second[0]]; });
  });
  return groups;
}

/// Equal names get equal numbers.
void NumberGroup(const std::vector<std::string>& names, const Group& group, std::size_t width,
                 std::vector<std::string>& fitted) {
  std::unordered_map<std::string_view, std::size_t> numbers;
  for (const std::size_t i : group) {
    const std::size_t number = numbers.try_emplace(names[i], numbers.size() + 1).first->second;
    const std::string mark = " #" + std::to_string(number);
    fitted[i] = CutMiddle(fitted[i], width - std::min(width, mark.size())) + mark;
  }
}

/// `texts` cut to `width`; those of different `names` stay different.
std::vector<std::string> Distinct(const std::vector<std::string>& names, const std::vector<std::string>& texts,
                                  std::size_t width) {
  std::vector<std::string> fitted;
  fitted.reserve(texts.size());
  for (const std::string& text : texts) fitted.push_back(CutMiddle(Folded(text, width), width));
  constexpr std::size_t kNarrowest = 16;  // below, there is no room for a third part
  if (width >= kNarrowest) {
    for (const auto& [look, group] : Colliding(names, fitted)) {
      const std::size_t from = CommonBytes(texts, group);
      for (const std::size_t i : group) {
        if (TextWidth(texts[i]) > width) fitted[i] = CutAround(texts[i], from, width);
      }
    }
  }
  for (const auto& [look, group] : Colliding(names, fitted)) NumberGroup(names, group, width, fitted);
  return fitted;
}

}  // namespace

std::string ShownName(std::string_view name) { return analysis::Printable(support::DisplayName(name)); }

std::string ShortName(std::string_view name, std::size_t width) {
  return CutMiddle(Folded(ShownName(name), width), width);
}

std::vector<std::string> DistinctCuts(const std::vector<std::string>& texts, std::size_t width) {
  return Distinct(texts, texts, width);
}

std::vector<std::string> FitNames(const std::vector<std::string>& names, std::size_t width) {
  std::vector<std::string> shown;
  shown.reserve(names.size());
  for (const std::string& name : names) shown.push_back(ShownName(name));
  return Distinct(names, shown, width);
}

std::string MarkedName(std::string_view name, std::size_t width) {
  const std::string shown = support::DisplayName(name);
  const bool is_path = name.starts_with("_Z") && shown != name;  // without the template arguments
  if (!is_path && TextWidth(shown) <= width) return shown;
  profile::Hash hash;
  hash.Add(name);
  std::array<char, 16> mark{};
  std::snprintf(mark.data(), mark.size(), "~%08x", static_cast<unsigned>(hash.value() & 0xffffffffU));
  if (TextWidth(shown) + mark.size() <= width) return shown + " " + mark.data();
  const std::size_t kept = width - std::min(width, 2 * kCutMark.size() + mark.size()), front = kept / 3;
  return std::string(FirstCharacters(shown, front))
      .append(kCutMark)
      .append(mark.data())
      .append(kCutMark)
      .append(LastCharacters(shown, kept - front));
}

}  // namespace mqtrack::reports
