// One verb of the command line: describes its options and help, and does its work with the library.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/messages.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// What `mqtrack VERB --help` teaches, beside the options. Texts are paragraphs; the formatter wraps them.
struct HelpText {
  std::string usage;        // after "mqtrack ", e.g. "snapshot TARGET [-o FILE]"
  std::string explanation;  // what it does, paragraphs separated by an empty line
  struct Example {
    std::string command;  // without the prompt
    std::string comment;  // may be empty
  };
  std::vector<Example> examples;
  struct Exit {
    std::string code;
    std::string meaning;
  };
  std::vector<Exit> exits;
  bool explains_sample_types = false;  // the help lists them, from the table of kinds
};

/// The exit codes most commands share; a command with others lists its own.
[[nodiscard]] std::vector<HelpText::Exit> UsualExits(bool can_fail_to_measure = true);

/// A verb. Made for one command line, described, parsed into, run once.
class Command {
 public:
  Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  virtual ~Command() = default;

  /// Help text; needs no parsed options.
  [[nodiscard]] virtual HelpText Help() const = 0;
  /// Adds its options, bound to members of this object, to `app`.
  virtual void AddOptions(CLI::App& app) = 0;
  /// Does the work. Prints results to stdout, notes to stderr; an error is printed by the caller.
  [[nodiscard]] virtual support::Result<int> Run() = 0;
  /// True if the command's own arguments begin after its options, as with `run`: nothing behind the first word that is
  /// not an option, or behind "--", is parsed. They are handed over here.
  [[nodiscard]] virtual bool TakesCommand() const { return false; }
  virtual void SetCommand(std::vector<std::string> /*command*/) {}

  /// Adds -q and -h, which every verb has.
  void AddCommonOptions(CLI::App& app);

 protected:
  [[nodiscard]] const Messages& messages() const { return messages_; }

 private:
  Messages messages_;
};

}  // namespace mqtrack::cli
