#include "libtrack/hunt/hunt.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/measured_rounds.h"
#include "libtrack/hunt/named_growth.h"
#include "libtrack/hunt/round_player.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::hunt {
namespace {

constexpr std::int64_t kWarmUp = 5;
/// A broker that refuses connections ends within so long, or never.
constexpr std::chrono::seconds kMayEnd(2);

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

/// What all workers share.
struct Shared {
  Shared(const HuntOptions& the_options, std::vector<OperationResult>& all) : options(the_options), results(all) {}
  const HuntOptions& options;
  std::vector<OperationResult>& results;
  std::mutex mutex;  // of all below
  std::size_t done = 0;
  std::optional<Error> error;
  std::vector<std::string> notes;
  std::string program;

  [[nodiscard]] bool IsInterrupted() const { return options.is_interrupted && options.is_interrupted(); }
  [[nodiscard]] bool IsOver() {
    if (IsInterrupted()) return true;
    const std::lock_guard lock(mutex);
    return error.has_value();
  }
};

/// One thread with a broker of its own. A broker that ends is replaced.
class Worker {
 public:
  Worker(Shared& shared, std::size_t number, std::size_t jobs) : shared_(shared), number_(number), jobs_(jobs) {}

  void Run() {
    // Which broker plays which operation is always the same, so that each hunt finds the same.
    for (std::size_t at = number_; at < shared_.results.size() && !shared_.IsOver(); at += jobs_) {
      OperationResult& result = shared_.results[at];
      if (!broker_ && !StartBroker()) return;
      const Clock::time_point begin = Clock::now();
      if (!Try(result)) break;
      result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      const std::lock_guard lock(shared_.mutex);
      ++shared_.done;
      if (shared_.options.progress)
        shared_.options.progress(shared_.done, shared_.results.size(), result.operation->name);
    }
    NameAll();
    if (broker_ && shared_.options.keep) {
      const std::lock_guard lock(shared_.mutex);
      shared_.notes.push_back("pid " + std::to_string(broker_->pid()) + " is left running at " +
                              broker_->doors().Find(Door::kPlain)->endpoint.text + ", with its files in " +
                              broker_->Keep());
    }
  }

 private:
  bool StartBroker() {
    meter_.reset();
    BrokerOptions options = shared_.options.broker;
    options.stays = shared_.options.keep;
    options.is_interrupted = shared_.options.is_interrupted;
    Result<std::unique_ptr<HuntedBroker>> broker = HuntedBroker::Start(options);
    const std::lock_guard lock(shared_.mutex);
    if (!broker) {
      shared_.error = broker.error();
      return false;
    }
    broker_ = *std::move(broker);
    meter_.emplace(broker_->reader(), broker_->pid(), kWarmUp, shared_.options.rounds, shared_.options.is_interrupted);
    shared_.program = broker_->process().facts.comm;
    for (const std::string& note : broker_->notes()) {
      if (std::find(shared_.notes.begin(), shared_.notes.end(), note) == shared_.notes.end())
        shared_.notes.push_back(note);
    }
    return true;
  }

  /// False: the user wants an end, and it is left as one that was not tried.
  bool Try(OperationResult& result) {
    const OperationResult not_tried = result;
    result.why = broker_->doors().WhyNot(*result.operation);
    result.outcome = Outcome::kNotTried;
    if (!result.why.empty()) return true;
    const auto play = [&](std::int64_t rounds) {
      return PlayRounds(broker_->doors(), *result.operation, rounds, round_, shared_.options.is_interrupted);
    };
    Result<Measured> measured = meter_->Measure(play, result.operation->most_rest_ms);
    if (measured) {
      result.outcome = Outcome::kClean;
      for (const std::int64_t rounds : measured->rounds) result.rounds += rounds;
      if (!measured->places.empty()) unnamed_.push_back({&result, *std::move(measured)});
      return true;
    }
    result.why = measured.error().text;
    if (Answers()) return true;
    const std::string ended = broker_->WhyEnded();
    if (ended.empty() && shared_.IsInterrupted()) {
      result = not_tried;
      return false;
    }
    result.outcome = Outcome::kCrash;
    result.why = "the broker " + (ended.empty() ? "answers nobody any more" : ended) + "; " + result.why;
    NameAll();
    broker_.reset();
    return true;
  }

  /// The broker answers still, though an operation failed. A connection that breaks off may be the first that is seen
  /// of its end.
  bool Answers() {
    const Clock::time_point deadline = Clock::now() + kMayEnd;
    while (broker_->WhyEnded().empty() && !shared_.IsInterrupted()) {
      Observer probe(broker_->doors(), shared_.options.is_interrupted);
      const Status answers = probe.Sync();  // waits for longer than any broker needs
      probe.Leave();
      if (answers) return true;
      if (Clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  void NameAll() {
    if (!unnamed_.empty()) NameGrowth(meter_->content(), broker_->process(), unnamed_);
    unnamed_.clear();
  }

  Shared& shared_;
  std::size_t number_, jobs_;
  std::unique_ptr<HuntedBroker> broker_;
  std::optional<RoundMeter> meter_;
  std::uint64_t round_ = 1;
  std::vector<Unnamed> unnamed_;
};

}  // namespace

Result<HuntResult> Hunt(const HuntOptions& options) {
  const Clock::time_point begin = Clock::now();
  Result<std::vector<OperationResult>> chosen = ChooseOperations(Catalogue(), options.only);
  if (!chosen) return chosen.error();
  HuntResult result;
  result.operations = *std::move(chosen);
  Shared shared(options, result.operations);
  // Until it is recorded, by what it was called.
  shared.program = options.broker.command.empty() ? options.broker.target
                                                  : std::string(support::BaseName(options.broker.command.front()));
  const bool only_one = !options.broker.address.empty() || options.keep;
  std::size_t jobs = options.jobs > 0 ? static_cast<std::size_t>(options.jobs)
                                      : std::min<std::size_t>(2, std::max(1U, std::thread::hardware_concurrency()));
  if (only_one) jobs = 1;
  jobs = std::min(jobs, (result.operations.size() + 9) / 10);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back([&shared, i, jobs] { Worker(shared, i, jobs).Run(); });
  for (std::thread& thread : threads) thread.join();
  if (shared.done == 0 && shared.error && !shared.IsInterrupted()) return *shared.error;
  if (shared.done < result.operations.size())
    result.cut_short = shared.error && !shared.IsInterrupted() ? shared.error->ToString() : std::string(kInterrupted);
  result.program = shared.program;
  result.notes = shared.notes;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace mqtrack::hunt
