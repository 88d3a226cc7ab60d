#include "libtrack/hunt/hunt.h"

#include <unistd.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/output.h"
#include "cli/targets/watching.h"
#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/client_hunt.h"
#include "libtrack/hunt/describe_steps.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/words.h"
#include "reports/hunt/hunt_formats.h"
#include "reports/hunt/hunt_text.h"
#include "reports/hunt/hunt_words.h"
#include "reports/words/filter_words.h"
#include "reports/words/wording.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

class HuntCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "hunt [--only OP] [options] -- BROKER [ARGUMENT...]",
        "Drives a broker through everything that MQTT lets clients do, and everything that it forbids: each packet, "
        "flag, "
        "property and reason, each way in which a connection can end in each state, of every version and QoS. After "
        "each "
        "operation the broker must hold what it held before, so what grows with the rounds is a leak: to the byte, in "
        "memory, descriptors, threads and timers, with the function to blame.\n\n"
        "Of mosquitto a copy of its configuration is given what operations need: listeners for TLS, web sockets and a "
        "unix socket, a password, an access list. Its ports and files are not used. Any other broker is started as it "
        "is, and named with --address; so is one that runs already (--target). With --client the command is a client, "
        "which "
        "has its connection disturbed and comes back: each disturbance is an operation.\n\n"
        "An operation is played in a warm-up, and then in rounds, twice as many rounds and, where something grew, "
        "more. "
        "What could not be tried is listed with the reason, and has not passed. docs/hunt.md says more.",
        {{"mqtrack hunt -- mosquitto -c broker.conf", "the whole catalogue"},
         {"mqtrack hunt -- mosquitto", "without a configuration of one's own"},
         {"mqtrack hunt --only '5.publish.*' -- mosquitto -c broker.conf", "some of it"},
         {"mqtrack hunt --only 311.connect.wrong-password --rounds 1000 --keep -- mosquitto -c broker.conf",
          "one operation, at length; the broker stays for a look"},
         {"mqtrack hunt --format junit -o hunt.xml -- mosquitto -c broker.conf", "in a CI job"},
         {"mqtrack hunt --address :1884 -- ./broker --port 1884", "a broker that is not mosquitto"},
         {"mqtrack hunt --client -- ./service --broker {address}", "a client, and how it comes back"},
         {"mqtrack hunt --bytes client.close-after-suback > plan.json", "one disturbance, for mqtrack disturb"},
         {"mqtrack hunt --list '311.connect.*'", "what there is"}},
        {{"0", "nothing leaks"},
         {"1", "an operation leaks, or ended the broker or client"},
         {"2", "wrong usage, or no such operation"},
         {"3",
          "cannot measure: the broker did not start, is not recorded, or no operation could be tried; or the hunt "
          "ended early, by ^C or since the client stays away, and what was tried leaks nothing"}}};
  }

  void AddOptions(CLI::App& app) override {
    const std::string choice = "Operations";
    AddTexts(app, "--only", only_, "OP",
             "Play this one, or all that are so named: * stands for any text; again for more")
        ->group(choice);
    AddText(app, "--list", list_, "OP", "Name the operations that are so called, and play none")->group(choice);
    AddText(app, "--bytes", bytes_, "OP",
            "Show the steps of one, and the bytes that are sent; of a client's, a plan for mqtrack disturb; play none")
        ->group(choice);
    rounds_given_ = AddCount(app, "--rounds", rounds_,
                             "Of the first measured part; the next ones have twice as many (default 10; of a client 3)",
                             1, 1'000'000)
                        ->group(choice);
    const std::string broker = "Broker";
    app.add_flag("--client", client_,
                 "The command is a client: {address}, or {host} and {port} in it say where the broker is")
        ->group(broker);
    AddText(app, "--upstream", upstream_, "ADDRESS", "With --client: the broker (default: mosquitto is started)")
        ->group(broker);
    patience_given_ =
        AddCount(app, "--patience", patience_,
                 "With --client: so many seconds for it to come back, and to be let in at first (default 30)", 1,
                 86'400)
            ->group(broker);
    AddText(app, "--address", address_, "ADDRESS", "It listens there, and keeps its own configuration")->group(broker);
    AddText(app, "--target", target_, "TARGET", "It runs already, recorded; needs --address")->group(broker);
    jobs_given_ = AddCount(app, "-j,--jobs", jobs_,
                           "Drive so many brokers at once (default: one a processor, two at most)", 1, 64)
                      ->group(broker);
    app.add_flag("--keep", keep_, "Leave the broker running, to look at it")->group(broker);
    app.add_flag("--allow-remote", allow_remote_, "Also attack a broker on another machine")->group(broker);
    AddText(app, "--log-dir", log_dir_, "DIR", "Keep logs in DIR, not in /dev/shm/mqtrack-UID")->group(broker);
    const std::string output = "Output";
    AddFormat(app, format_, {"text", "json", "junit", "github"}, "How to print it", output);
    AddText(app, "-o,--output", output_, "FILE", "Write to FILE; - is standard output")->group(output);
    app.add_flag("--all", all_, "Also show the operations that left nothing behind")->group(output);
    app.add_flag("--stacks", stacks_, "Show the stack of each site")->group(output);
  }

  bool TakesCommand() const override { return true; }
  void SetCommand(std::vector<std::string> command) override { command_ = std::move(command); }

  Result<int> Run() override {
    if (!list_.empty()) return List();
    if (!bytes_.empty()) return ShowBytes();
    if (const Status good = client_ ? CheckClient() : CheckBroker(); !good) return good.error();
    if (const Status fits = CheckFileName(format_, output_); !fits) return fits.error();
    if (const Status writable = CheckWritable(output_); !writable) return writable.error();
    const InterruptNoted noted;
    const Result<hunt::HuntResult> result = client_ ? hunt::HuntClient(ClientOptions()) : hunt::Hunt(Options());
    if (::isatty(STDERR_FILENO) != 0 && !messages().quiet) (void)!::write(STDERR_FILENO, "\r\x1b[K", 4);
    if (!result) return result.error();
    for (const std::string& note : result->notes) messages().Note(note);
    if (const Status written = WriteResult(output_, Render(*result)); !written) return written.error();
    if (!result->cut_short.empty()) messages().Warn(reports::CutShort(*result));
    return Judge(*result);
  }

 private:
  /// An option that was given, and means nothing beside others.
  static Error Meaningless(const std::string& option, const std::string& why) {
    return {ErrorCode::kBadInput, "means nothing here: " + why, option};
  }

  [[nodiscard]] Status CheckClient() const {
    const char* why = "with --client, the broker is --upstream, or a mosquitto that is started and ended";
    if (!target_.empty()) return Meaningless("--target", why);
    if (!address_.empty()) return Meaningless("--address", why);
    if (keep_) return Meaningless("--keep", "with --client, neither the broker nor the client stays");
    if (jobs_given_->count() != 0) return Meaningless("--jobs", "with --client, one client is driven");
    if (command_.empty())
      return Error{ErrorCode::kBadInput,
                   "name the client behind --, as in: mqtrack hunt --client -- ./service --broker {address}",
                   "hunt --client"};
    return {};
  }

  [[nodiscard]] Status CheckBroker() const {
    if (!upstream_.empty()) return Meaningless("--upstream", "it goes with --client; a broker is named behind --");
    if (patience_given_->count() != 0) return Meaningless("--patience", "it goes with --client");
    if (command_.empty() && target_.empty())
      return Error{ErrorCode::kBadInput, "name the broker behind --, as in: mqtrack hunt -- mosquitto -c broker.conf",
                   "hunt"};
    if (!target_.empty() && (address_.empty() || !command_.empty()))
      return Error{ErrorCode::kBadInput, "needs --address HOST:PORT and no command: the broker runs already",
                   "--target " + target_};
    if (!target_.empty() && keep_) return Meaningless("--keep", "with --target, the broker is never ended");
    if (jobs_ > 1 && (keep_ || !address_.empty()))
      return Meaningless("--jobs", std::string("with ") + (keep_ ? "--keep" : "--address") + ", one broker is driven");
    return {};
  }

  [[nodiscard]] hunt::HuntOptions Options() const {
    hunt::HuntOptions options;
    options.broker = {command_, address_, target_, log_dir_, allow_remote_};
    options.only = only_;
    options.rounds = rounds_;
    options.jobs = static_cast<int>(jobs_);
    options.keep = keep_;
    options.is_interrupted = &InterruptNoted::IsInterrupted;
    options.progress = Progress();
    return options;
  }

  [[nodiscard]] hunt::ClientHuntOptions ClientOptions() const {
    hunt::ClientHuntOptions options;
    options.command = command_;
    options.upstream = upstream_;
    options.log_dir = log_dir_;
    options.only = only_;
    if (rounds_given_->count() != 0) options.rounds = rounds_;
    options.patience_seconds = patience_;
    options.allow_remote = allow_remote_;
    options.is_interrupted = &InterruptNoted::IsInterrupted;
    options.progress = Progress();
    return options;
  }

  [[nodiscard]] std::function<void(std::size_t, std::size_t, const std::string&)> Progress() const {
    if (::isatty(STDERR_FILENO) != 0 && !messages().quiet) {
      return [](std::size_t done, std::size_t all, const std::string& name) {
        const std::string line = "\r\x1b[K" + std::to_string(done) + "/" + std::to_string(all) + " " + name;
        (void)!::write(STDERR_FILENO, line.data(), line.size());
      };
    }
    return {};
  }

  [[nodiscard]] std::string Render(const hunt::HuntResult& result) const {
    if (format_ == "json") return reports::RenderHuntJson(result);
    if (format_ == "junit") return reports::RenderHuntJunit(result);
    if (format_ == "github") return reports::RenderHuntGithub(result);
    const bool to_screen = IsStandardOutput(output_);
    reports::HuntOptions options;
    options.all = all_;
    options.stacks = stacks_;
    options.colour = to_screen && ColourWanted();
    options.width_columns = to_screen ? TerminalColumns() : 0;
    AddRepeating(options);
    std::string text = reports::RenderHuntText(result, options);
    return to_screen ? support::ForLocale(std::move(text)) : text;
  }

  /// The words of this command line that a repetition needs too. What it is to leave for a look is a broker only.
  void AddRepeating(reports::HuntOptions& options) const {
    std::string& before = options.repeat_before;
    before = client_ ? "mqtrack hunt --client" : "mqtrack hunt";
    for (const auto& [name, value] :
         {std::pair{"--upstream", &upstream_}, {"--target", &target_}, {"--address", &address_}})
      if (!value->empty()) before += " " + reports::OptionWords(name, *value);
    if (allow_remote_) before += " --allow-remote";
    if (patience_given_->count() != 0) before += " --patience " + std::to_string(patience_);
    before += LogDirOption(log_dir_);
    options.repeat_behind = client_ ? " --rounds 20" : target_.empty() ? " --rounds 1000 --keep" : " --rounds 1000";
    if (!command_.empty()) options.repeat_behind += " --";
    for (const std::string& word : command_) options.repeat_behind += " " + reports::ShellWord(word);
  }

  [[nodiscard]] static int Judge(const hunt::HuntResult& result) {
    using hunt::Outcome;
    if (result.Count(Outcome::kLeak) + result.Count(Outcome::kCrash) != 0) return kLimitExceeded;
    if (!result.cut_short.empty()) return kCannotMeasure;
    const bool measured = result.Count(Outcome::kClean) + result.Count(Outcome::kCache) != 0;
    return measured ? kSuccess : kCannotMeasure;
  }

  [[nodiscard]] static std::vector<hunt::Operation> AllOperations() {
    std::vector<hunt::Operation> all = hunt::Catalogue();
    all.insert(all.end(), hunt::ClientCatalogue().begin(), hunt::ClientCatalogue().end());
    return all;
  }

  [[nodiscard]] Result<int> List() const {
    std::string text;
    for (const hunt::Operation& one : AllOperations()) {
      if (hunt::IsNamed(one.name, list_))
        text += one.name + (one.why_not.empty() ? "" : "  (" + one.why_not + ")") + "\n";
    }
    if (text.empty())
      return Error{ErrorCode::kNotFound, "no operation is so called; '*' stands for any text", "--list " + list_};
    if (const Status printed = Print(text); !printed) return printed.error();
    return kSuccess;
  }

  [[nodiscard]] Result<int> ShowBytes() const {
    std::string text = hunt::PlanOf(bytes_);
    std::vector<std::string> names;
    for (const hunt::Operation& one : AllOperations()) {
      names.push_back(one.name);
      if (one.name == bytes_ && text.empty()) text = support::ForLocale(hunt::DescribeSteps(one));
    }
    if (text.empty())
      return Error{
          ErrorCode::kNotFound,
          "no operation is called exactly so" + support::DidYouMean(bytes_, names) + "; see mqtrack hunt --list '*'",
          "--bytes " + bytes_};
    if (const Status printed = Print(text); !printed) return printed.error();
    return kSuccess;
  }

  std::vector<std::string> command_, only_;
  std::string list_, bytes_, upstream_, address_, target_, log_dir_, format_ = "text", output_;
  std::int64_t rounds_ = 10, jobs_ = 0, patience_ = 30;
  CLI::Option *rounds_given_ = nullptr, *jobs_given_ = nullptr, *patience_given_ = nullptr;
  bool client_ = false, keep_ = false, allow_remote_ = false, all_ = false, stacks_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeHuntCommand() { return std::make_unique<HuntCommand>(); }

}  // namespace mqtrack::cli
