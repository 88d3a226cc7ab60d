// Options of the verbs that report again and again to a server elsewhere.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "cli/command.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// What is said of them in one verb's help.
struct SendingWords {
  std::string server;   // group of the options that say where it is
  std::string url;      // of --to
  std::string machine;  // of --machine, without its default
  std::string once;     // of --once
  std::string usual;    // of --every, as "30s"
};

/// TARGET..., --to, --password-file, --cafile, --machine, --every, --once.
class SendingOptions {
 public:
  void AddTo(CLI::App& app, const SendingWords& words);

  [[nodiscard]] support::Result<std::chrono::seconds> Every() const;
  /// The host name if nothing else is said.
  [[nodiscard]] std::string Machine() const;
  /// The exit codes of such a verb: what 0 means, and what else than usage makes 2 with --once.
  [[nodiscard]] static std::vector<HelpText::Exit> Exits(const std::string& done, const std::string& failed);

  std::vector<std::string> targets;
  std::string to, password_file, ca_file;
  bool once = false;

 private:
  std::string machine_, every_;
};

}  // namespace mqtrack::cli
