// What can be written, and what a file's name says about the format in it.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// What of, which decides who writes it.
enum class FormatFamily { kFlame, kGraph, kFolded, kTable, kGate, kProfile, kPage, kHolders, kHoldersFlame, kFigures };

struct OutputFormat {
  std::string name;  // after --format
  FormatFamily family = FormatFamily::kTable;
  std::vector<std::string> endings;  // of files that hold nothing else
  bool is_plain = false;             // may also be in a .txt
};

/// Every format of every verb: pictures and profiles from here, tables and the gate's from the tables of reports/.
[[nodiscard]] const std::vector<OutputFormat>& OutputFormats();

/// Their names, of one family, in the order of the help.
[[nodiscard]] std::vector<std::string> FormatNames(FormatFamily family);

/// "svg" of "dir/leak.svg"; empty if there is none.
[[nodiscard]] std::string Extension(const std::string& path);

/// True if a file that ends in `extension` can hold nothing but `format`.
[[nodiscard]] bool IsEndingOf(const OutputFormat& format, const std::string& extension);

/// An error if `output` ends like a file of another format than `format` (as --format calls it): JSON in growth.txt
/// may be meant, a table in growth.json is a mistake that the program that reads it would find out. Standard output
/// and unknown endings fit everything.
[[nodiscard]] support::Status CheckFileName(const std::string& format, const std::string& output);

/// Likewise, of a command that writes one kind of file: a gzipped profile, an archive of mqtrack pack, a core file.
[[nodiscard]] support::Status CheckProfileName(const std::string& output);
[[nodiscard]] support::Status CheckArchiveName(const std::string& output);
[[nodiscard]] support::Status CheckCoreName(const std::string& output);

}  // namespace mqtrack::cli
