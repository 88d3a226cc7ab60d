#include <string>

#include "cli/command.h"
#include "cli/options/name_options.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "cli/targets/capture.h"
#include "cli/targets/naming.h"
#include "cli/targets/remote.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/snapshot/add_symbols.h"
#include "libtrack/symbolize/name_coverage.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

class PullCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "pull ssh://[USER@]HOST[:PORT]/TARGET -o FILE [options]",
        "Takes a snapshot of a process on another machine, such as a gateway, and writes it to FILE here. The other "
        "machine needs mqtrack and an ssh server, and nothing of it is named there: that is done here, by build id, as "
        "mqtrack symbolize does it, with the files that --sysroot, --debug-dir or --debuginfod give.\n\n"
        "TARGET is a pid or a name of that machine, or a path behind a second slash. ssh is the system's own, with its "
        "keys, agent and ~/.ssh/config.",
        {{"mqtrack pull ssh://board/mosquitto -o board.pb.gz", ""},
         {"mqtrack pull ssh://root@10.0.0.7:2222/4711 -o board.pb.gz --sysroot board-root/", "with names"},
         {"mqtrack pull ssh://board/mosquitto --sudo --ssh-option ConnectTimeout=5 -o board.pb.gz", ""}},
        {{"0", "done, if with names only in part"},
         {"2", "wrong options, no connection, no answer in time, no mqtrack there, or no such process"},
         {"3", "could not measure there: nothing recorded, or a log of another version"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target_, "ssh://[USER@]HOST[:PORT]/TARGET")->required();
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->required()->group("Output");
    const std::string group = "The other machine";
    AddTexts(app, "--ssh-option", remote_.ssh_options, "OPTION",
             "As behind ssh's -o, such as ConnectTimeout=5; may be given again")
        ->group(group);
    AddText(app, "--remote-mqtrack", remote_.command, "PATH", "mqtrack there (default: that of its PATH)")
        ->group(group);
    AddText(app, "--log-dir", remote_.log_dir, "DIR", "Where to look there for logs of recorded processes")
        ->group(group);
    app.add_flag("--sudo", remote_.sudo, "Run it there with sudo -n, which asks for no password")->group(group);
    AddCount(app, "--timeout", timeout_, "Give up when nothing has come for so long (default 300)", 1, 86400)
        ->type_name("SECONDS")
        ->group(group);
    names_.AddTo(app, "Files");
  }

  Result<int> Run() override {
    remote_.patience = std::chrono::seconds(timeout_);
    const Result<RemoteTarget> remote = RemoteTarget::Parse(target_);
    if (!remote) return remote.error();
    if (const support::Status fits = CheckProfileName(output_); !fits) return fits.error();
    if (const support::Status writable = CheckWritable(output_); !writable) return writable.error();
    const Result<std::string> bytes = PullSnapshot(*remote, remote_, messages());
    if (!bytes) return bytes.error();
    if (profile::DetectFormat(*bytes) == profile::Format::kUnknown) {
      return Error{ErrorCode::kBadInput,
                   "what came is no snapshot; see that its shell prints nothing when it starts (`ssh " + remote->host +
                       " true` must print nothing)",
                   target_};
    }
    Result<profile::Profile> profile = profile::ParseProfile(*bytes, target_);
    if (!profile) return profile.error();
    snapshot::AddNamesLater(*profile, names_.Symbols());
    if (const support::Status written = WriteCapture(*profile, output_); !written) return written.error();
    messages().Note(SummarySentence(Summarise(*profile, target_)));
    for (const std::string& note : profile::FindFacts(*profile, profile::kNamesFact)) messages().Note(note);
    PrintCoverage(symbolize::MeasureCoverage(*profile), names_.Symbols(), messages());
    if (output_ != "-") {
      if (const support::Status printed = Print(output_ + "\n"); !printed) return printed.error();
    }
    return kSuccess;
  }

 private:
  std::string target_, output_;
  std::int64_t timeout_ = 300;
  RemoteOptions remote_;
  NameOptions names_;
};

}  // namespace

std::unique_ptr<Command> MakePullCommand() { return std::make_unique<PullCommand>(); }

}  // namespace mqtrack::cli
