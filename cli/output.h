// Results: to standard output, or to the file a user named.
#pragma once

#include <string>
#include <string_view>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Writes a result to standard output. A reader that went away (`mqtrack top … | head`) is not an error; a full disk
/// is. The caller must have SIGPIPE ignored (main does, for every verb but `run`, whose command would inherit it).
[[nodiscard]] support::Status Print(std::string_view result);

/// Writes `content` to `path`; "" and "-" are standard output.
[[nodiscard]] support::Status WriteResult(const std::string& path, std::string_view content);

/// An error if WriteResult to `path` would fail for what can be told before: a directory, no such folder, or one that
/// may not be written to. For work that takes long before there is a result.
[[nodiscard]] support::Status CheckWritable(const std::string& path);

/// As WriteResult, for content that is not text: refuses to fill a terminal with it.
[[nodiscard]] support::Status WriteBinaryResult(const std::string& path, std::string_view content);

/// True if `path` means standard output.
[[nodiscard]] bool IsStandardOutput(const std::string& path);

/// True if colours may be used on stdout: it is a terminal, TERM is not "dumb" and NO_COLOR is not set (no-color.org).
[[nodiscard]] bool ColourWanted();

/// Columns of the terminal on stdout; 0 if it is none.
[[nodiscard]] int TerminalColumns();

}  // namespace mqtrack::cli
