#include "cli/parse.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

support::Error Usage(const Verb& verb, const std::string& sentence) {
  return {support::ErrorCode::kBadInput, sentence + " (mqtrack " + verb.name + " --help)", verb.name};
}

/// Every spelling of every option, with its dashes.
std::vector<std::string> OptionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// About the first word that no option and no argument took; nothing if there is none.
std::optional<support::Error> LeftOver(const Verb& verb, const CLI::App& app) {
  const std::vector<std::string> left = app.remaining();
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word[0] == '-' && word != "--"; };
  const auto option = std::find_if(left.begin(), left.end(), is_option);
  if (option != left.end()) {
    const std::string name = option->substr(0, option->find('='));
    return Usage(verb, "unknown option " + name + support::DidYouMean(name, OptionNames(app)));
  }
  for (const std::string& word : left) {
    if (word != "--") return Usage(verb, "one argument too many: \"" + word + "\"");
  }
  return std::nullopt;
}

/// About the first option or argument that was given without a value: "$OLD" where OLD is not set. Taken for not
/// given, it would make a comparison a plain listing, or a focus no focus.
std::optional<support::Error> EmptyValue(const Verb& verb, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::vector<std::string> values = option->results();
    if (std::find(values.begin(), values.end(), "") == values.end()) continue;
    return Usage(verb, option->get_name() + " is empty; is a variable not set?");
  }
  return std::nullopt;
}

/// The option's name before the colon in CLI11's messages.
std::string NameIn(const CLI::Error& error) {
  const std::string message = error.what();
  return message.substr(0, message.find_first_of(": "));
}

}  // namespace

std::vector<std::string> CutCommand(const CLI::App& app, std::vector<std::string>& words) {
  auto cut = words.begin();
  while (cut != words.end() && *cut != "--" && cut->size() > 1 && cut->front() == '-') {
    const CLI::Option* option = app.get_option_no_throw(*cut);
    const bool value_follows = option != nullptr && option->get_items_expected_max() > 0;
    ++cut;
    if (value_follows && cut != words.end()) ++cut;
  }
  const auto begin = cut != words.end() && *cut == "--" ? std::next(cut) : cut;
  std::vector<std::string> command(std::make_move_iterator(begin), std::make_move_iterator(words.end()));
  words.erase(cut, words.end());
  return command;
}

support::Result<Parsed> ParseWords(const Verb& verb, Command& command, CLI::App& app, std::vector<std::string> words) {
  if (command.TakesCommand()) command.SetCommand(CutCommand(app, words));
  std::reverse(words.begin(), words.end());  // the order CLI11 wants
  app.allow_extras();
  try {
    app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return Parsed::kHelp;
  } catch (const CLI::ParseError& error) {
    if (const std::optional<support::Error> left_over = LeftOver(verb, app)) return *left_over;
    if (error.get_name() == "RequiredError") return Usage(verb, NameIn(error) + " is missing");
    if (error.get_name() == "ArgumentMismatch") {
      const CLI::Option* option = app.get_option_no_throw(NameIn(error));
      const bool takes_value = option == nullptr || option->get_items_expected_max() > 0;
      return Usage(verb, NameIn(error) + (takes_value ? " needs a value" : " takes no value"));
    }
    return Usage(verb, error.what());
  }
  if (const std::optional<support::Error> left_over = LeftOver(verb, app)) return *left_over;
  if (const std::optional<support::Error> empty = EmptyValue(verb, app)) return *empty;
  return Parsed::kRun;
}

}  // namespace mqtrack::cli
