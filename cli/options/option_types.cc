#include "cli/options/option_types.h"

#include <algorithm>
#include <utility>

#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "reports/words/filter_words.h"

namespace mqtrack::cli {
namespace {

/// The name by which errors call the option: the long one.
std::string LongName(const std::string& names) { return names.substr(names.rfind(',') + 1); }

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    words.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return words;
}

using NumberParser = std::function<support::Result<std::int64_t>(std::string_view)>;

CLI::Option* AddNumber(CLI::App& app, const std::string& names, std::int64_t& target, const std::string& type_name,
                       const std::string& description, NumberParser parse) {
  const auto set = [&target, name = LongName(names), parse = std::move(parse)](const std::string& text) {
    const support::Result<std::int64_t> number = parse(text);
    if (!number) throw CLI::ValidationError(name, number.error().text);
    target = number.value();
  };
  return app.add_option_function<std::string>(names, set, description)
      ->type_name(type_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

}  // namespace

CLI::Option* AddSize(CLI::App& app, const std::string& names, std::int64_t& target, const std::string& description) {
  return AddNumber(app, names, target, "SIZE", description, &support::ParseBytes);
}

CLI::Option* AddSampleSize(CLI::App& app, std::int64_t& target) {
  const auto parse = [](std::string_view text) -> support::Result<std::int64_t> {
    support::Result<std::int64_t> size = support::ParseBytes(text);
    if (!size || size.value() > 0) return size;
    return support::Error{support::ErrorCode::kBadInput,
                          "0 is no distance between samples; to record every block, leave the option out", ""};
  };
  return AddNumber(app, "--sample", target, "SIZE",
                   "Record one block in about SIZE allocated bytes and estimate the rest, instead of every block",
                   parse);
}

CLI::Option* AddCount(CLI::App& app, const std::string& names, std::int64_t& target, const std::string& description,
                      std::int64_t smallest, std::int64_t largest) {
  const auto parse = [smallest, largest](std::string_view text) -> support::Result<std::int64_t> {
    support::Result<std::int64_t> number = support::ParseCount(text);
    if (!number || (number.value() >= smallest && number.value() <= largest)) return number;
    return support::Error{
        support::ErrorCode::kBadInput,
        "\"" + std::string(text) + "\" is not between " + std::to_string(smallest) + " and " + std::to_string(largest),
        ""};
  };
  return AddNumber(app, names, target, "N", description, parse);
}

CLI::Option* AddChoice(CLI::App& app, const std::string& names, std::string& target, std::vector<std::string> choices,
                       const std::string& type_name, const std::string& description) {
  const std::string list = support::Join(choices);
  const auto set = [&target, name = LongName(names), choices = std::move(choices), list](const std::string& text) {
    for (const std::string& choice : choices) {
      if (choice == text) {
        target = text;
        return;
      }
    }
    throw CLI::ValidationError(name, "\"" + text + "\" is not one of " + list + support::DidYouMean(text, choices));
  };
  const std::string shown_default = target.empty() ? "" : " (default " + target + ")";
  return app.add_option_function<std::string>(names, set, description + ": " + list + shown_default)
      ->type_name(type_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void AddJson(CLI::App& app, const std::function<void()>& choose, const std::string& group) {
  app.add_flag_callback("--json", choose, "The same as --format json")->group(group);
}

void AddFormat(CLI::App& app, std::string& format, std::vector<std::string> choices, const std::string& description,
               const std::string& group) {
  const bool has_json = std::find(choices.begin(), choices.end(), "json") != choices.end();
  AddChoice(app, "--format", format, std::move(choices), "FORMAT", description)->group(group);
  if (has_json)
    AddJson(
        app, [&format] { format = "json"; }, group);
}

CLI::Option* AddText(CLI::App& app, const std::string& names, std::string& target, const std::string& type_name,
                     const std::string& description) {
  return app.add_option(names, target, description)
      ->type_name(type_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* AddTexts(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& type_name, const std::string& description) {
  // Without this, a repeatable option would swallow the arguments that follow its value.
  return app.add_option(names, target, description)->type_name(type_name)->allow_extra_args(false);
}

CLI::Option* AddList(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                     const std::string& type_name, const std::string& description) {
  const auto set = [&target, name = LongName(names), type_name](const std::string& text) {
    target.clear();
    for (const std::string& word : SplitAtCommas(text)) {
      if (!word.empty()) target.push_back(word);
    }
    if (target.empty()) throw CLI::ValidationError(name, "\"" + text + "\" names nothing; give " + type_name);
  };
  return app.add_option_function<std::string>(names, set, description)
      ->type_name(type_name)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

CLI::Option* AddChoices(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                        std::vector<std::string> choices, const std::string& description) {
  const std::string list = support::Join(choices);
  const auto add = [&target, name = LongName(names), choices = std::move(choices), list](const std::string& text) {
    for (const std::string& word : SplitAtCommas(text)) {
      if (std::find(choices.begin(), choices.end(), word) == choices.end()) {
        throw CLI::ValidationError(name, "\"" + word + "\" is not one of " + list + support::DidYouMean(word, choices));
      }
      if (std::find(target.begin(), target.end(), word) == target.end()) target.push_back(word);
    }
  };
  return app.add_option_function<std::string>(names, add, description + ": " + list)
      ->type_name("LIST")
      ->trigger_on_parse();
}

CLI::Option* AddExpect(CLI::App& app, std::string& target, const std::string& group) {
  return AddText(app, "--expect", target, "FILE",
                 "What is meant to grow, and how far: lines such as cache PutInLru 64MiB (docs/verdicts.md)")
      ->group(group);
}

std::string LogDirOption(const std::string& log_dir) {
  return log_dir.empty() ? std::string() : " " + reports::OptionWords("--log-dir", log_dir);
}

}  // namespace mqtrack::cli
