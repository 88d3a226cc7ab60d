#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "cli/command.h"
#include "cli/options/interval.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/watch/watch_collector.h"
#include "cli/watch/watch_report.h"
#include "cli/watch/watch_terminal.h"
#include "cli/watch/watch_view.h"
#include "cli/watch/watch_worker.h"
#include "libtrack/process/discovery.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/ascii.h"

namespace mqtrack::cli {
namespace {

using support::Result;
using support::Status;

/// False if a signal asked to end.
bool Pause(std::chrono::milliseconds pause) {
  sigset_t ends, before;
  ::sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&ends, number);
  // Blocked outside of the wait, so that one that comes just before it is not slept over.
  ::pthread_sigmask(SIG_BLOCK, &ends, &before);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(pause);
  const timespec wait{seconds.count(), std::chrono::nanoseconds(pause - seconds).count()};
  if (WatchTerminal::EndSignal() == 0) (void)::pselect(0, nullptr, nullptr, nullptr, &wait, &before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return WatchTerminal::EndSignal() == 0;
}

/// Of `mqtrack watch | head -1`: nobody will see the next line.
bool ReaderIsGone() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
}

class WatchCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "watch [TARGET...] [--every TIME] [--once] [--json] [options]",
        "Shows recorded processes and Go services as they go on: every resource with its course, the sites that grow, "
        "and verdicts where the log has generations (mqtrack run --generations 10m). Without TARGET, all recorded "
        "processes, also those that start later. ? lists the keys.\n\n"
        "Watching reads the service's log and nothing else: it stops nothing and begins no generation, and any number "
        "may come and go. Growth counts from the first look, or from a moment that was marked. The next look waits at "
        "least three times as long as the last one took.\n\n"
        "Where standard output is no terminal, each look is one line for each process; with --json, one line of JSON.",
        {{"mqtrack watch", "all recorded processes"},
         {"mqtrack watch mosquitto --every 1s", "one broker, every second"},
         {"mqtrack watch http://127.0.0.1:6060/debug/pprof/heap", "a Go service"},
         {"mqtrack watch --once --json", "a look, for a script"},
         {"mqtrack watch mosquitto --every 1m >> growth.log", "a line a minute"}},
        {{"0", "the user left, or the looks asked for are done"},
         {"2", "wrong usage, no such process, or bad input"},
         {"3", "with --once: nothing is recorded, or nothing could be read"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", targets_, std::string(kTargetHelp) + "; a name means all of that name");
    const std::string watching = "Watching";
    AddText(app, "--every", every_, "TIME", "Look so often: 1s, 5s, 1m (default 5s)")->group(watching);
    app.add_flag("--once", once_, "Look once, print, and end")->group(watching);
    AddCount(app, "--count", count_, "Print N looks, and end", 1)->group(watching);
    app.add_flag("--json", json_, "Print JSON, one line for each look, instead of a screen")->group("Output");
    app.add_flag("--lines", lines_, "Print lines, even on a terminal")->group("Output");
    AddCount(app, "-n,--rows", rows_, "In JSON, the first N sites of each process (default 10)")->group("Output");
    AddText(app, "--wrappers", wrappers_file_, "FILE",
            "Also skip the functions named in FILE (one a line) when looking for whom to blame")
        ->group("Output");
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    const Result<std::chrono::seconds> every = ParseInterval("--every", every_, std::chrono::seconds(5));
    if (!every) return every.error();
    Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load(wrappers_file_);
    if (!wrappers) return wrappers.error();
    if (const Status known = CheckTargets(); !known) return known.error();
    WatchCollector collector(targets_, loading_.ForLooking(), *wrappers);
    if (once_) count_ = 1;
    if (!json_ && !lines_ && count_ == 0) {
      if (auto terminal = WatchTerminal::Open(ColourWanted())) {
        OnScreen(std::move(terminal), std::move(collector), *every, *wrappers);
        return kSuccess;
      }
    }
    return AsLines(std::move(collector), *every, *wrappers);
  }

 private:
  /// What was named must be there when the watch begins; it may end and come again afterwards.
  [[nodiscard]] Status CheckTargets() {
    const snapshot::Options options = loading_.ForLooking();
    std::optional<std::vector<process::RecordedProcess>> recorded;
    for (std::string& target : targets_) {
      if (snapshot::IsFileOrUrl(target)) continue;
      if (!recorded) {
        Result<std::vector<process::RecordedProcess>> all = process::ListRecorded(options.log_dir);
        if (!all) return all.error();
        recorded = std::move(all).value();
      }
      const bool is_there = std::any_of(recorded->begin(), recorded->end(), [&](const process::RecordedProcess& one) {
        return process::IsMeantBy(one, target);
      });
      if (is_there) continue;
      // Says what there is instead.
      const Result<process::RecordedProcess> found = process::FindRecorded(target, options.log_dir);
      if (!found) return found.error();
      target = std::to_string(found->Pid());  // of mqtrack run or of a shell: the process below it
    }
    return {};
  }

  void OnScreen(std::unique_ptr<WatchTerminal> terminal, WatchCollector collector, std::chrono::seconds every,
                const analysis::WrapperList& wrappers) {
    WatchView view(targets_.size() == 1, support::LocaleIsUtf8(), loading_.ForLooking().log_dir, wrappers);
    WatchWorker worker(std::move(collector), every);
    bool stays = true;
    while (stays && WatchTerminal::EndSignal() == 0) {
      terminal->Draw(view.Lines(terminal->Size()));
      if (const std::optional<int> key = terminal->ReadKey()) stays = view.Press(*key);
      if (std::optional<WatchRequest> request = view.TakeRequest()) worker.Ask(*std::move(request));
      if (auto round = worker.TakeRound()) view.SetRound(std::move(round));
      if (const auto answer = worker.TakeAnswer()) view.SetAnswer(answer->first, answer->second);
    }
    terminal.reset();  // before anything that may take long, or ends the process
    // ^C is a way to leave a screen, as q is.
    const int number = WatchTerminal::EndSignal();
    if (number != 0 && number != SIGINT) EndBySignal(number);
    constexpr std::chrono::milliseconds kPatience{300};
    if (!worker.StopWithin(kPatience)) std::_Exit(kSuccess);
  }

  Result<int> AsLines(WatchCollector collector, std::chrono::seconds every, const analysis::WrapperList& wrappers) {
    NoteEndSignals();
    for (std::int64_t looks = 1;; ++looks) {
      const auto begin = std::chrono::steady_clock::now();
      const WatchRound round = collector.Look();
      const std::string text = json_ ? WatchJson(round, wrappers, static_cast<std::size_t>(rows_))
                                     : support::ForLocale(WatchText(round, wrappers));
      if (const Status printed = Print(text); !printed) return printed.error();
      if (ReaderIsGone()) return kSuccess;
      if (count_ > 0 && looks >= count_) return CouldRead(round) ? kSuccess : kCannotMeasure;
      const auto next = begin + Pace(every, std::chrono::milliseconds(round.cost_ms));
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
      if (Pause(left)) continue;
      if (WatchTerminal::EndSignal() == SIGINT) return kSuccess;  // ^C is how a user leaves
      EndBySignal(WatchTerminal::EndSignal());
    }
  }

  [[nodiscard]] static bool CouldRead(const WatchRound& round) {
    return std::any_of(round.processes.begin(), round.processes.end(),
                       [](const WatchedProcess& process) { return process.is_current; });
  }

  std::vector<std::string> targets_;
  std::string every_, wrappers_file_;
  bool once_ = false, json_ = false, lines_ = false;
  std::int64_t count_ = 0, rows_ = 10;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakeWatchCommand() { return std::make_unique<WatchCommand>(); }

}  // namespace mqtrack::cli
