// A verb's words become a parsed command, or one clear sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/verbs.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// What to do after parsing: run the command, or print its help.
enum class Parsed { kRun, kHelp };

/// Parses `words` (what follows the verb) into `command`. `app` must have the command's options. An unknown option or
/// a superfluous argument is reported before anything that is missing, since it is usually the cause.
[[nodiscard]] support::Result<Parsed> ParseWords(const Verb& verb, Command& command, CLI::App& app,
                                                 std::vector<std::string> words);

/// Cuts the command that `run` is to start off `words`: what follows "--", or begins at the first word that is neither
/// an option of `app` nor an option's value.
[[nodiscard]] std::vector<std::string> CutCommand(const CLI::App& app, std::vector<std::string>& words);

}  // namespace mqtrack::cli
