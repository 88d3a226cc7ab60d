// The help of one verb, laid out the same on every version of CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/command.h"

namespace mqtrack::cli {

/// Name, usage, explanation, options by group, examples and exit codes, wrapped at 80 columns.
[[nodiscard]] std::string RenderHelp(const CLI::App& app, const std::string& summary, const HelpText& help);

/// `text` wrapped at `columns`, every line indented; paragraphs (empty lines) are kept.
[[nodiscard]] std::string Wrap(const std::string& text, std::size_t indent, std::size_t columns = 80);

}  // namespace mqtrack::cli
