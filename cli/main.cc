// The command line: finds the verb, parses its words, runs it, and turns what it returns into output and an exit code.
//
// There is one CLI11 parser per verb instead of one with subcommands, because a TARGET may be called like a verb
// (`mqtrack snapshot top`), and `run` must leave the words of the command it starts alone.

#include <csignal>
#include <exception>
#include <string>
#include <vector>

#include "cli/crash_report.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/messages.h"
#include "cli/orientation.h"
#include "cli/output.h"
#include "cli/parse.h"
#include "cli/stack_room.h"
#include "cli/verbs.h"
#include "libtrack/process/inherited_signals.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

int Fail(const support::Error& error) {
  PrintError(error);
  return ExitCodeFor(error.code);
}

int PrintAndExit(const std::string& text) {
  const support::Status printed = Print(text);
  return printed ? static_cast<int>(kSuccess) : Fail(printed.error());
}

int UnknownVerb(const std::string& word) {
  std::vector<std::string> names = {"help"};
  for (const Verb& verb : Verbs()) names.push_back(verb.name);
  const std::string what = word.starts_with('-') ? "unknown option " : "unknown verb ";
  if (word.starts_with('-')) names = {"--help", "--version", "-h"};
  return Fail({support::ErrorCode::kBadInput,
               what + word + support::DidYouMean(word, names) + " (mqtrack --help lists the verbs)", ""});
}

int RunVerb(const Verb& verb, std::vector<std::string> words) {
  const std::unique_ptr<Command> command = verb.make();
  CLI::App app(verb.summary, "mqtrack " + verb.name);
  command->AddOptions(app);
  command->AddCommonOptions(app);
  const support::Result<Parsed> parsed = ParseWords(verb, *command, app, std::move(words));
  if (!parsed) return Fail(parsed.error());
  if (parsed.value() == Parsed::kHelp) return PrintAndExit(RenderHelp(app, verb.summary, command->Help()));
  // `run` ends like any program where nobody reads what it says; its command inherits neither.
  if (!command->TakesCommand()) std::signal(SIGPIPE, SIG_IGN);
  const support::Result<int> exit_code = command->Run();
  return exit_code ? exit_code.value() : Fail(exit_code.error());
}

int Main(std::vector<std::string> words) {
  if (words.empty()) return PrintAndExit(Orientation());
  const std::string first = words.front();
  words.erase(words.begin());
  if (first == "--version") return PrintAndExit("mqtrack " MQTRACK_VERSION "\n");
  if (first == "help" && !words.empty()) {
    const Verb* verb = FindVerb(words.front());
    return verb == nullptr ? UnknownVerb(words.front()) : RunVerb(*verb, {"--help"});
  }
  if (first == "help" || first == "--help" || first == "-h") return PrintAndExit(Orientation());
  const Verb* verb = FindVerb(first);
  return verb == nullptr ? UnknownVerb(first) : RunVerb(*verb, std::move(words));
}

}  // namespace
}  // namespace mqtrack::cli

static int RunMain(int argc, char** argv) {
  // The libraries below return errors; what still throws is memory running out or a defect, and gets a sentence too.
  try {
    return mqtrack::cli::Main(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::bad_alloc&) {
    mqtrack::cli::PrintError({mqtrack::support::ErrorCode::kSystem, "out of memory", ""});
  } catch (const std::exception& defect) {
    mqtrack::cli::PrintError(
        {mqtrack::support::ErrorCode::kSystem, std::string("internal error: ") + defect.what(), ""});
  }
  return mqtrack::cli::kBadUsage;
}

int main(int argc, char** argv) {
  mqtrack::process::RememberInheritedSignals();  // what is set from here on is no business of a started command
  // Where it is ignored, the kernel takes children away before they can be waited for.
  std::signal(SIGCHLD, SIG_DFL);
  mqtrack::cli::InstallCrashReport();
  // A file that grows beyond the limit is an error like any other.
  std::signal(SIGXFSZ, SIG_IGN);
  return mqtrack::cli::RunWithStackRoom(RunMain, argc, argv);
}
