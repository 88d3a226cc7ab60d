#include "cli/options/name_options.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "cli/messages.h"
#include "cli/options/option_types.h"
#include "libtrack/support/units.h"
#include "reports/words/filter_words.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

constexpr char kOfEnvironment[] = "DEBUGINFOD_URLS";

/// One line of a terminal that is written over again, and erased at the end.
void ShowProgress(const std::string& file, std::uint64_t bytes, std::uint64_t total) {
  if (file.empty()) {
    std::fputs("\r\033[K", stderr);
    return;
  }
  std::string text = "mqtrack: debuginfod: " + OneLine(file);
  if (total > 0) {
    text += ", " + support::FormatBytes(static_cast<std::int64_t>(bytes)) + " of " +
            support::FormatBytes(static_cast<std::int64_t>(total));
  }
  std::fprintf(stderr, "\r\033[K%s", text.c_str());
}

}  // namespace

void NameOptions::AddTo(CLI::App& app, const std::string& group) {
  AddText(app, "--sysroot", symbols_.sysroot, "DIR",
          "Find the service's files below DIR, such as a copy of a gateway's root or /proc/PID/root of a container")
      ->group(group);
  AddTexts(app, "--debug-dir", symbols_.debug_dirs, "DIR",
           "Search DIR for separate debug files before /usr/lib/debug; may be given again")
      ->group(group);
  const std::string names = std::string("--debuginfod{") + kOfEnvironment + "}";
  app.add_flag(names, server_,
               "Ask the debuginfod servers of DEBUGINFOD_URLS, or of --debuginfod=URL, for debug files that are not "
               "here. Only for files that the distribution installs")
      ->group(group);
  app.add_flag("--debuginfod-all", asks_for_all_, "Ask for all files, also the service's own")->group(group);
  AddCount(app, "--debuginfod-seconds", seconds_, "Wait no longer than this for all answers together (default 90)", 1,
           86400)
      ->type_name("SECONDS")
      ->group(group);
  app.parse_complete_callback([this] { OpenServer(); });
}

void NameOptions::OpenServer() {
  if (server_.empty()) {
    if (!asks_for_all_) return;
    throw CLI::ValidationError("--debuginfod-all", "says what to ask a server for; --debuginfod asks one");
  }
  symbolize::DebugServerOptions options;
  if (server_ != kOfEnvironment) options.urls = server_;
  options.ask_for_all = asks_for_all_;
  options.time_limit = std::chrono::seconds(seconds_);
  if (::isatty(STDERR_FILENO) != 0) options.progress = &ShowProgress;
  auto server = symbolize::DebugServer::Open(std::move(options));
  if (!server) throw CLI::ValidationError(server.error().where, server.error().text);
  symbols_.server = std::move(server).value();
}

std::string NameOptions::Words() const {
  const auto given = [](std::string_view name, const std::string& value) {
    return value.empty() ? std::string() : " " + reports::OptionWords(name, value);
  };
  std::string words = given("--sysroot", symbols_.sysroot);
  for (const std::string& folder : symbols_.debug_dirs) words += given("--debug-dir", folder);
  if (server_ == kOfEnvironment) words += " --debuginfod";
  // One word, since the next one would be the target.
  if (!server_.empty() && server_ != kOfEnvironment) words += " " + reports::ShellWord("--debuginfod=" + server_);
  if (asks_for_all_) words += " --debuginfod-all";
  if (seconds_ != kSeconds) words += given("--debuginfod-seconds", std::to_string(seconds_));
  return words;
}

}  // namespace mqtrack::cli
