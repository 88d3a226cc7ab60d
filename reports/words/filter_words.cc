#include "reports/words/filter_words.h"

#include <array>

#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

struct Part {
  std::string_view option;
  const char* field;  // of the JSON
  std::string profile::Filter::*value;
};

constexpr std::array<Part, 5> kParts = {{{"--focus", "focus", &profile::Filter::focus},
                                         {"--tag-focus", "tag_focus", &profile::Filter::tag_focus},
                                         {"--ignore", "ignore", &profile::Filter::ignore},
                                         {"--tag-ignore", "tag_ignore", &profile::Filter::tag_ignore},
                                         {"--hide", "hide", &profile::Filter::hide}}};

/// The options number `begin` to `end` of kParts that were given, with `between` them.
std::string Given(const profile::Filter& filter, std::size_t begin, std::size_t end, std::string_view between) {
  std::string text;
  for (std::size_t i = begin; i < end; ++i) {
    const std::string& value = filter.*kParts[i].value;
    if (value.empty()) continue;
    if (!text.empty()) text += between;
    text += OptionWords(kParts[i].option, value);
  }
  return text;
}

}  // namespace

std::string OptionWords(std::string_view name, const std::string& value) {
  // Behind a blank, "-x" would be an option of its own.
  return std::string(name) + (value.starts_with('-') ? "=" : " ") + ShellWord(value);
}

std::string FilterOptions(const profile::Filter& filter) { return Given(filter, 0, kParts.size(), " "); }

std::string FilterSentence(const profile::Filter& filter) {
  const std::string keeps = Given(filter, 0, 2, " and "), drops = Given(filter, 2, 4, " or ");
  const std::string hides = Given(filter, 4, 5, "");
  std::string text;
  if (!keeps.empty()) text = "stacks that match " + keeps;
  if (!drops.empty()) text += (keeps.empty() ? "stacks that do not match " : ", but not ") + drops;
  if (!hides.empty()) text += (text.empty() ? "" : "; of these, ") + ("functions that do not match " + hides);
  return text;
}

std::vector<std::pair<std::string, std::string>> FilterFields(const profile::Filter& filter) {
  std::vector<std::pair<std::string, std::string>> fields;
  for (const Part& part : kParts) {
    if (!(filter.*part.value).empty()) fields.emplace_back(part.field, filter.*part.value);
  }
  return fields;
}

}  // namespace mqtrack::reports
