// What a user reads on stderr: errors, warnings and notes, one line each.
#pragma once

#include <string>
#include <string_view>

#include "cli/exit_code.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Notes and warnings of one command line. Copyable; not synchronised.
struct Messages {
  bool quiet = false;

  /// "mqtrack: text", unless quiet.
  void Note(std::string_view text) const;
  /// "mqtrack: warning: text", quiet or not: something is wrong, but the command goes on.
  void Warn(std::string_view text) const;
};

/// "mqtrack: where: text".
void PrintError(const support::Error& error);

/// The exit code that an error means, by its kind.
[[nodiscard]] ExitCode ExitCodeFor(support::ErrorCode code);

/// `text` as one line that cannot move the cursor: line breaks become spaces, other control characters "\x1b".
/// File names and function names come from outside and can hold anything.
[[nodiscard]] std::string OneLine(std::string_view text);

}  // namespace mqtrack::cli
