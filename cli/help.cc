#include "cli/help.h"

#include <sstream>
#include <utility>
#include <vector>

#include "libtrack/profile/sample_types.h"

namespace mqtrack::cli {
namespace {

constexpr std::size_t kNameColumn = 2, kTextColumn = 26;

/// "-o, --output FILE", or "TARGET" for an argument without a dash.
std::string OptionName(const CLI::Option& option) {
  if (!option.get_positional()) {
    std::string name;
    for (const std::string& letter : option.get_snames()) name += (name.empty() ? "-" : ", -") + letter;
    for (const std::string& word : option.get_lnames()) name += (name.empty() ? "    --" : ", --") + word;
    if (option.get_items_expected_max() > 0) name += " " + option.get_type_name();
    return name;
  }
  return option.get_name();
}

/// "  name      text", the text wrapped beside the name, or below it if the name is long.
std::string Entry(const std::string& name, const std::string& text, std::size_t text_column = kTextColumn) {
  std::string wrapped = Wrap(text, text_column);
  const std::string head = std::string(kNameColumn, ' ') + name;
  if (head.size() + 2 > text_column) return head + '\n' + wrapped;
  return head + wrapped.substr(head.size());
}

std::string OptionGroups(const CLI::App& app) {
  std::vector<std::pair<std::string, std::string>> groups;  // in the order of first use; General last
  std::string general;
  for (const CLI::Option* option : app.get_options()) {
    const std::string entry = Entry(OptionName(*option), option->get_description());
    const std::string group = option->get_positional() ? "Arguments" : option->get_group();
    if (group == "General") {
      general += entry;
      continue;
    }
    auto known = groups.begin();
    while (known != groups.end() && known->first != group) ++known;
    if (known == groups.end()) known = groups.insert(groups.end(), {group, ""});
    known->second += entry;
  }
  std::string text;
  for (const auto& [name, entries] : groups) text += "\n" + name + ":\n" + entries;
  return text + "\nGeneral:\n" + general;
}

/// Each type's unit, and what is one of it.
std::string SampleTypes() {
  std::string text = "\nSample types:\n";
  for (const std::string& name : profile::RecordedTypes()) {
    text += Entry(name, profile::WithUnit(name).unit + ": one per " + profile::SampleKindOf(name).meaning);
  }
  return text;
}

}  // namespace

std::string Wrap(const std::string& text, std::size_t indent, std::size_t columns) {
  const std::string margin(indent, ' ');
  std::string wrapped;
  std::istringstream paragraphs(text);
  for (std::string paragraph; std::getline(paragraphs, paragraph);) {
    std::string line;
    std::istringstream words(paragraph);
    for (std::string word; words >> word;) {
      if (!line.empty() && indent + line.size() + 1 + word.size() > columns) {
        wrapped += margin + line + '\n';
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    wrapped += (line.empty() ? "" : margin + line) + '\n';
  }
  return wrapped;
}

std::string RenderHelp(const CLI::App& app, const std::string& summary, const HelpText& help) {
  std::string text = app.get_name() + ": " + summary + "\n\n";
  text += "Usage: mqtrack " + help.usage + "\n\n";
  text += Wrap(help.explanation, 0);
  text += OptionGroups(app);
  if (help.explains_sample_types) text += SampleTypes();
  text += "\nExamples:\n";
  for (const HelpText::Example& example : help.examples) {
    if (!example.comment.empty()) text += Wrap("# " + example.comment, 2);
    text += "  " + example.command + '\n';
  }
  text += "\nExit codes:\n";
  for (const HelpText::Exit& exit : help.exits) text += Entry(exit.code, exit.meaning, 6);
  return text;
}

}  // namespace mqtrack::cli
