#include <signal.h>

#include <cstdlib>

#include "cli/command.h"
#include "cli/options/interval.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/serving/live_pages.h"
#include "cli/targets/secrets.h"
#include "cli/targets/state_folder.h"
#include "libtrack/http/listener.h"
#include "libtrack/service/service.h"
#include "libtrack/support/units.h"
#include "libtrack/symbolize/source_finder.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr char kTokenVariable[] = "MQTRACK_SERVE_TOKEN";
constexpr std::size_t kShortestToken = 16;

service::Service* running_service = nullptr;  // for the handler of signals

void StopService(int /*signal*/) { running_service->Stop(); }

/// SIGTERM and SIGINT end the service while this lives.
class StopsOnSignal {
 public:
  explicit StopsOnSignal(service::Service& service) {
    running_service = &service;
    struct sigaction action {};
    action.sa_handler = &StopService;
    (void)::sigaction(SIGTERM, &action, &term_before_);
    (void)::sigaction(SIGINT, &action, &int_before_);
  }
  ~StopsOnSignal() {
    (void)::sigaction(SIGTERM, &term_before_, nullptr);
    (void)::sigaction(SIGINT, &int_before_, nullptr);
  }
  StopsOnSignal(const StopsOnSignal&) = delete;
  StopsOnSignal& operator=(const StopsOnSignal&) = delete;

 private:
  struct sigaction term_before_ {
  }, int_before_{};
};

class ServeCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "serve [TARGET...] [--listen ADDRESS:PORT] [options]",
        "Serves the recorded processes of this machine, or the TARGETs, over HTTP: the endpoints of Go's "
        "net/http/pprof for each of them below /PROCESS/debug/pprof/, and at /debug/pprof/ if there is but one; "
        "figures for Prometheus at /metrics; /healthz and /readyz; and pages for a browser, with the course of "
        "everything that is counted, and tables and pictures of any two moments; asked for by a click, who holds the "
        "heap of a process now. go tool pprof, Parca's and Pyroscope's scrapers "
        "read it as they read a Go service. Processes that come and go meanwhile are followed. Prints its address "
        "and serves until SIGTERM or ^C.\n\n"
        "It only reads, listens on this machine only, and answers to no other name: what it shows is sensitive. "
        "Another address needs --allow-remote and a token of 16 characters or more, in a file or in the "
        "environment variable MQTRACK_SERVE_TOKEN. Snapshots are shared between requests, and none is taken of a "
        "process more often than --interval says. Each minute one goes into the history, a folder with a bound in "
        "bytes and in age in which older ones are thinned out. docs/serve.md tells how to put it behind a reverse "
        "proxy.",
        {{"mqtrack serve", "all recorded processes, at http://127.0.0.1:7717/"},
         {"mqtrack serve mosquitto --listen 127.0.0.1:8080", "one of them"},
         {"go tool pprof http://127.0.0.1:7717/mosquitto/debug/pprof/heap", "from another terminal"}},
        {{"0", "it was ended by SIGTERM or SIGINT"}, {"2", "wrong usage, or the address is taken"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, "Pids and names of recorded processes (default: all)");
    const std::string group = "Server";
    AddText(app, "--listen", listen_, "ADDRESS:PORT",
            "Where to listen (default 127.0.0.1:7717); port 0 is any that is free")
        ->group(group);
    app.add_flag("--allow-remote", allow_remote_, "Listen on an address that other machines reach; needs a token")
        ->group(group);
    AddText(app, "--token-file", token_file_, "FILE", "Answer only who sends the token in FILE")->group(group);
    AddTexts(app, "--allow-host", hosts_, "NAME", "A name that the server may be called by, such as a proxy's")
        ->group(group);
    AddText(app, "--interval", interval_, "TIME", "Look at a process no more often (default 1s)")->group(group);
    AddTexts(app, "--source-path", sources_.folders, "DIR",
             "Show sources below DIR, and no others; may be given again (default: none)")
        ->group(group);
    AddTexts(app, "--trim-path", sources_.trim, "PREFIX",
             "Take PREFIX off the paths at which sources were compiled; may be given again")
        ->group(group);
    const std::string history = "History";
    AddText(app, "--history", history_, "FOLDER",
            "Where it is kept (default /var/lib/mqtrack/history of root, else ~/.local/state/mqtrack/history)")
        ->group(history);
    app.add_flag("--no-history", no_history_, "Keep none")->group(history);
    AddText(app, "--every", every_, "TIME", "Time between two of its snapshots (default 60s)")->group(history);
    AddSize(app, "--history-size", history_bytes_, "Keep no more bytes than this (default 256MiB)")->group(history);
    AddText(app, "--history-age", history_age_, "TIME", "Keep nothing that is older (default 14d)")->group(history);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    Result<service::ServiceOptions> options = MakeOptions();
    if (!options) return options.error();
    const auto service = service::Service::Start(*options);
    if (!service) return service.error();
    const StopsOnSignal stops(**service);
    const bool is_version_6 = options->http.address.find(':') != std::string::npos;
    const std::string host = is_version_6 ? "[" + options->http.address + "]" : options->http.address;
    const Status printed = Print("http://" + host + ":" + std::to_string((*service)->port()) + "/\n");
    if (!printed) return printed.error();
    (*service)->Run();
    messages().Note("ended by a signal");
    return kSuccess;
  }

 private:
  [[nodiscard]] Result<service::ServiceOptions> MakeOptions() const {
    service::ServiceOptions options;
    options.targets = targets_;
    options.loading = loading_.ForLooking();
    options.access.hosts = hosts_;
    if (const Status parsed = ParseListen(options.http); !parsed) return parsed.error();
    Result<std::string> token = ReadToken();
    if (!token) return token.error();
    options.access.token = *std::move(token);
    const Result<std::chrono::seconds> interval = ParseInterval("--interval", interval_, options.interval);
    if (!interval) return interval.error();
    options.interval = *interval;
    options.pages = MakeLivePages(sources_);
    if (const Status history = AddHistory(options); !history) return history.error();
    if (http::IsLoopback(options.http.address)) return options;
    if (!allow_remote_) {
      return Error{ErrorCode::kBadInput,
                   "other machines reach this address, and what is shown is sensitive; say --allow-remote and give a "
                   "token, or listen on 127.0.0.1",
                   "--listen " + listen_};
    }
    if (options.access.token.empty()) {
      return Error{ErrorCode::kBadInput, std::string("needs a token, in --token-file FILE or in ") + kTokenVariable,
                   "--allow-remote"};
    }
    options.access.hosts.push_back(options.http.address);
    return options;
  }

  [[nodiscard]] Status AddHistory(service::ServiceOptions& options) const {
    if (no_history_) return {};
    service::HistoryOptions history;
    const Result<std::chrono::seconds> every = ParseInterval("--every", every_, history.every),
                                       age = ParseInterval("--history-age", history_age_, history.bounds.age);
    if (!every) return every.error();
    if (!age) return age.error();
    history.every = *every;
    history.bounds = {static_cast<std::uint64_t>(history_bytes_), *age};
    Result<std::string> folder = history_.empty() ? StateFolder("history", "--history (or --no-history)") : history_;
    if (!folder) return folder.error();
    history.folder = *std::move(folder);
    history.warn = [this](const std::string& text) { messages().Warn(text); };
    options.history = history;
    return {};
  }

  /// "127.0.0.1:7717", "[::1]:7717", or the port alone.
  [[nodiscard]] Status ParseListen(http::ServerOptions& options) const {
    const std::size_t colon = listen_.rfind(':');
    std::string address = colon == std::string::npos ? "" : listen_.substr(0, colon);
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    if (address == "localhost") address = "127.0.0.1";
    if (!address.empty()) options.address = address;
    const Result<std::int64_t> port =
        support::ParseCount(colon == std::string::npos ? listen_ : listen_.substr(colon + 1));
    if (!port || *port > UINT16_MAX) {
      return Error{ErrorCode::kBadInput, "is no ADDRESS:PORT, such as 127.0.0.1:7717", "--listen " + listen_};
    }
    options.port = static_cast<std::uint16_t>(*port);
    return {};
  }

  /// From the file or the environment: a command line can be read by everybody.
  [[nodiscard]] Result<std::string> ReadToken() const {
    Result<std::string> token = ReadSecret("--token-file", token_file_, kTokenVariable, messages());
    if (!token) return token.error();
    while (token->ends_with(' ')) token->pop_back();
    const char* const variable = std::getenv(kTokenVariable);
    const bool is_given = variable != nullptr || !token_file_.empty();
    // A variable that is there and empty is a mistake, and would leave the server open.
    if (is_given && token->size() < kShortestToken) {
      return Error{ErrorCode::kBadInput, "the token is shorter than 16 characters and could be guessed",
                   token_file_.empty() ? kTokenVariable : "--token-file " + token_file_};
    }
    return token;
  }

  std::vector<std::string> targets_, hosts_;
  std::string listen_ = "127.0.0.1:7717", token_file_, interval_;
  std::string history_, every_, history_age_;
  std::int64_t history_bytes_ = std::int64_t{256} << 20;
  symbolize::SourceOptions sources_;
  bool no_history_ = false;
  bool allow_remote_ = false;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeServeCommand() { return std::make_unique<ServeCommand>(); }

}  // namespace mqtrack::cli
