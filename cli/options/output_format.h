// What a file's name says about the format in it.
#pragma once

#include <string>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// "svg" of "dir/leak.svg"; empty if there is none.
[[nodiscard]] std::string Extension(const std::string& path);

/// An error if `output` ends like a file of another format than `format` (as --format calls it): JSON in growth.txt
/// may be meant, a table in growth.json is a mistake that the program that reads it would find out. Standard output
/// and unknown endings fit everything.
[[nodiscard]] support::Status CheckFileName(const std::string& format, const std::string& output);

}  // namespace mqtrack::cli
