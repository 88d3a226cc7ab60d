#include "cli/targets/watching.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using Clock = std::chrono::steady_clock;
using support::Result;

volatile sig_atomic_t interrupted = 0;
std::atomic<Clock::duration> interrupted_at{};  // of Clock, since its epoch
std::atomic<const char*> left_behind{nullptr};

/// One wish to end may come as two signals: timeout sends one to the command, and one to its group.
constexpr std::chrono::milliseconds kSameWish(500);

void OnInterrupt(int signal) {
  const Clock::duration now = Clock::now().time_since_epoch();
  if (interrupted == 0) {
    interrupted_at = now;  // first: another signal may come between these two lines
    interrupted = 1;
    return;
  }
  if (now - interrupted_at.load() < kSameWish) return;
  if (const char* text = left_behind)
    static_cast<void>(::write(STDERR_FILENO, text, std::strlen(text)) < 0);  // nothing is left to do about it
  struct sigaction as_ever {};
  as_ever.sa_handler = SIG_DFL;
  ::sigaction(signal, &as_ever, nullptr);
  ::raise(signal);  // comes when the handler returns
}

/// False if it was interrupted.
bool SleepUntil(Clock::time_point when) {
  while (interrupted == 0) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(when - Clock::now());
    if (left.count() <= 0) return true;
    constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
    const timespec wait{left.count() / kNanosPerSecond, left.count() % kNanosPerSecond};
    ::nanosleep(&wait, nullptr);
  }
  return false;
}

/// "snapshot 3 of 11: 1.2 MiB live, 12 threads; 4 min left".
void SayHowFar(const profile::Profile& profile, std::size_t number, std::size_t all, std::chrono::seconds left,
               const Messages& messages) {
  std::string text = "snapshot " + std::to_string(number) + " of " + std::to_string(all);
  if (const Result<std::size_t> column = profile::FindSampleType(profile, std::string(profile::kInuseSpace)))
    text += ": " + support::FormatBytes(profile::Total(profile, *column)) + " live";
  if (left.count() > 0) text += "; " + support::FormatDuration(left.count()) + " left (^C judges what there is)";
  messages.Note(text);
}

}  // namespace

InterruptNoted::InterruptNoted() {
  interrupted = 0;
  struct sigaction action {};
  action.sa_handler = OnInterrupt;
  action.sa_flags = SA_RESTART;  // a look at a process goes on; a sleep ends anyway
  ::sigaction(SIGINT, &action, &int_before_);
  ::sigaction(SIGTERM, &action, &term_before_);
  ::sigaction(SIGHUP, nullptr, &hup_before_);
  if (hup_before_.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);  // nohup
}

InterruptNoted::~InterruptNoted() {
  SayIfCutShort("");
  ::sigaction(SIGINT, &int_before_, nullptr);
  ::sigaction(SIGTERM, &term_before_, nullptr);
  ::sigaction(SIGHUP, &hup_before_, nullptr);
}

bool InterruptNoted::IsInterrupted() { return interrupted != 0; }

void InterruptNoted::SayIfCutShort(const std::string& text) {
  left_behind = nullptr;
  text_ = text;
  if (!text_.empty()) left_behind = text_.c_str();
}

Result<std::vector<profile::Profile>> WatchProcess(const std::string& target, const snapshot::Options& options,
                                                   const WatchOptions& watch, const Messages& messages,
                                                   const OnSnapshot& on_snapshot) {
  const Clock::time_point begin = Clock::now();
  const auto all = static_cast<std::size_t>((watch.duration + watch.every - std::chrono::seconds(1)) / watch.every) + 1;
  std::vector<profile::Profile> series;
  for (std::size_t i = 0; i < all; ++i) {
    const std::chrono::seconds offset = std::min(watch.duration, watch.every * static_cast<std::int64_t>(i));
    if (!SleepUntil(begin + offset)) {
      messages.Note("interrupted: judging what there is");
      // What happened since the last one counts, too.
      if (Result<profile::Profile> last = snapshot::LoadTarget(target, options)) {
        if (on_snapshot) on_snapshot(*last);
        series.push_back(*std::move(last));
      }
      break;
    }
    Result<profile::Profile> profile = snapshot::LoadTarget(target, options);
    if (!profile) {
      if (series.empty()) return profile.error();
      messages.Warn(profile.error().ToString());
      break;
    }
    if (!series.empty() &&
        !analysis::AreOfOneRecording(analysis::DescribeSide(series.front()), analysis::DescribeSide(*profile))) {
      messages.Warn(
          "the process runs another program now, or was detached from and attached to again: judging what "
          "there was before");
      break;
    }
    if (on_snapshot) on_snapshot(*profile);
    series.push_back(*std::move(profile));
    SayHowFar(series.back(), i + 1, all, watch.duration - offset, messages);
    if (const std::string state = analysis::DescribeSide(series.back()).state; !state.empty() && state != "unseen") {
      messages.Note("the process is " + state + ": judging what there is");
      break;
    }
  }
  return series;
}

}  // namespace mqtrack::cli
