// Kinds of option values that several verbs share, each refusing a bad value in one clear sentence.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mqtrack::cli {

/// A size such as 4096, 64KiB or 1.5MiB. `target` keeps its value when the option is not given.
CLI::Option* AddSize(CLI::App& app, const std::string& names, std::int64_t& target, const std::string& description);

/// The distance between samples, as --sample: a size, and not 0, which would quietly mean every block.
CLI::Option* AddSampleSize(CLI::App& app, std::int64_t& target);

/// A whole number from `smallest` to `largest`.
CLI::Option* AddCount(CLI::App& app, const std::string& names, std::int64_t& target, const std::string& description,
                      std::int64_t smallest = 0, std::int64_t largest = INT32_MAX);

/// One of `choices`; `target` holds the default. The help shows `type_name` and lists the choices.
CLI::Option* AddChoice(CLI::App& app, const std::string& names, std::string& target, std::vector<std::string> choices,
                       const std::string& type_name, const std::string& description);

/// Free text shown as `type_name`.
CLI::Option* AddText(CLI::App& app, const std::string& names, std::string& target, const std::string& type_name,
                     const std::string& description);

/// As AddText; may be given more than once.
CLI::Option* AddTexts(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                      const std::string& type_name, const std::string& description);

/// Words separated by commas, at least one. Given again, the last counts.
CLI::Option* AddList(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                     const std::string& type_name, const std::string& description);

/// Any number of `choices`, separated by commas, each once in `target`; may be given more than once.
CLI::Option* AddChoices(CLI::App& app, const std::string& names, std::vector<std::string>& target,
                        std::vector<std::string> choices, const std::string& description);

/// --format FORMAT, one of `choices`, and, if json is one, --json, which is the same as --format json. Both in `group`.
void AddFormat(CLI::App& app, std::string& format, std::vector<std::string> choices, const std::string& description,
               const std::string& group);
/// --json alone, in `group`, for a command whose --format is another kind of option. `choose` is called if it is given.
void AddJson(CLI::App& app, const std::function<void()>& choose, const std::string& group);

/// --expect FILE, in this group of options.
CLI::Option* AddExpect(CLI::App& app, std::string& target, const std::string& group);

/// What a command that is suggested needs to find the logs in `log_dir`: " --log-dir DIR"; nothing if that is empty.
[[nodiscard]] std::string LogDirOption(const std::string& log_dir);

}  // namespace mqtrack::cli
