#include "libtrack/hunt/hunt.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>

#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/measured_rounds.h"
#include "libtrack/support/words.h"

namespace mqtrack::hunt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

/// What one operation left behind, until its stacks have names.
struct Unnamed {
  OperationResult* result = nullptr;
  Measured measured;
};

bool IsWorse(const LeakSite& a, const LeakSite& b) {
  const bool a_leaks = a.judgement.course == Course::kLeak, b_leaks = b.judgement.course == Course::kLeak;
  if (a_leaks != b_leaks) return a_leaks;
  if (a.kind != b.kind) return a.kind < b.kind;
  if (a.judgement.total.bytes != b.judgement.total.bytes) return a.judgement.total.bytes > b.judgement.total.bytes;
  return a.name.function < b.name.function;
}

Outcome OutcomeOf(const std::vector<LeakSite>& sites) {
  Outcome outcome = Outcome::kClean;
  for (const LeakSite& site : sites) {
    Outcome own = site.judgement.course == Course::kLeak ? Outcome::kLeak : Outcome::kNotSettled;
    if (!site.name.cache.empty()) own = Outcome::kCache;
    outcome = std::max(outcome, own);
  }
  return outcome;
}

/// What one function is to blame for: the places that grew the same in each round, and the others.
struct SiteSum {
  log::Kind kind;
  const SiteName* name;
  std::vector<Tally> exact, others;
};

void AddTo(std::vector<Tally>& sum, const std::vector<Tally>& more) {
  sum.resize(more.size());
  for (std::size_t phase = 0; phase < more.size(); ++phase) {
    sum[phase].objects += more[phase].objects;
    sum[phase].bytes += more[phase].bytes;
  }
}

std::vector<SiteSum> SumSites(const Measured& measured, const std::vector<SiteName>& names) {
  std::vector<SiteSum> sums;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const PlaceGrowth& one = measured.places[i];
    const auto same = [&](const SiteSum& sum) {
      return sum.kind == one.place.kind && sum.name->function == names[i].function &&
             sum.name->module == names[i].module && sum.name->cache == names[i].cache;
    };
    auto found = std::find_if(sums.begin(), sums.end(), same);
    if (found == sums.end()) found = sums.insert(sums.end(), {one.place.kind, &names[i], {}, {}});
    const bool is_exact = Judge(one.by_phase, measured.rounds).is_exact;
    AddTo(is_exact ? found->exact : found->others, one.by_phase);
  }
  return sums;
}

/// Judges each function. Where one grows by the same in each round, a table of it that grows along is no other leak.
void NameResult(const Unnamed& unnamed, const std::vector<SiteName>& names) {
  for (const SiteSum& sum : SumSites(unnamed.measured, names)) {
    const bool has_exact = !sum.exact.empty();
    const Judgement judgement = Judge(has_exact ? sum.exact : sum.others, unnamed.measured.rounds);
    if (judgement.course != Course::kLeak && judgement.course != Course::kNotSettled) continue;
    unnamed.result->sites.push_back({sum.kind, *sum.name, judgement, has_exact && !sum.others.empty()});
  }
  std::sort(unnamed.result->sites.begin(), unnamed.result->sites.end(), &IsWorse);
  unnamed.result->outcome = OutcomeOf(unnamed.result->sites);
}

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

  [[nodiscard]] bool IsOver() {
    if (options.is_interrupted && options.is_interrupted()) return true;
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
      Try(result);
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
    Result<std::unique_ptr<HuntedBroker>> broker = HuntedBroker::Start(shared_.options.broker);
    const std::lock_guard lock(shared_.mutex);
    if (!broker) {
      shared_.error = broker.error();
      return false;
    }
    broker_ = *std::move(broker);
    meter_.emplace(*broker_, shared_.options.rounds);
    shared_.program = broker_->process().facts.comm;
    for (const std::string& note : broker_->notes()) {
      if (std::find(shared_.notes.begin(), shared_.notes.end(), note) == shared_.notes.end())
        shared_.notes.push_back(note);
    }
    return true;
  }

  void Try(OperationResult& result) {
    result.why = broker_->doors().WhyNot(*result.operation);
    result.outcome = Outcome::kNotTried;
    if (!result.why.empty()) return;
    Result<Measured> measured = meter_->Measure(*result.operation);
    if (measured) {
      result.outcome = Outcome::kClean;
      for (const std::int64_t rounds : measured->rounds) result.rounds += rounds;
      if (!measured->places.empty()) unnamed_.push_back({&result, *std::move(measured)});
      return;
    }
    result.why = measured.error().text;
    // A connection that breaks off may be the first that is seen of the broker's end.
    for (int i = 0; i < 100 && broker_->WhyEnded().empty(); ++i) {
      Observer probe(broker_->doors());
      const Status answers = probe.Sync();
      probe.Leave();
      if (answers) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (broker_->WhyEnded().empty()) return;
    result.outcome = Outcome::kCrash;
    result.why = "the broker " + broker_->WhyEnded() + "; " + result.why;
    NameAll();
    broker_.reset();
  }

  void NameAll() {
    if (unnamed_.empty()) return;
    std::vector<Place> places;
    for (const Unnamed& one : unnamed_) {
      for (const PlaceGrowth& place : one.measured.places) places.push_back(place.place);
    }
    const Result<std::vector<SiteName>> names = NameSites(meter_->content(), broker_->process(), places);
    std::size_t at = 0;
    for (const Unnamed& one : unnamed_) {
      const std::size_t count = one.measured.places.size();
      if (names) NameResult(one, {names->begin() + at, names->begin() + at + count});
      at += count;
    }
    unnamed_.clear();
    const std::lock_guard lock(shared_.mutex);
    if (!names) shared_.error = names.error();
  }

  Shared& shared_;
  std::size_t number_, jobs_;
  std::unique_ptr<HuntedBroker> broker_;
  std::optional<RoundMeter> meter_;
  std::vector<Unnamed> unnamed_;
};

Result<std::vector<OperationResult>> Choose(const std::vector<std::string>& only) {
  std::vector<OperationResult> chosen;
  for (const std::string& pattern : only) {
    const auto& all = Catalogue();
    const bool is_any =
        std::any_of(all.begin(), all.end(), [&](const Operation& one) { return IsNamed(one.name, pattern); });
    if (is_any) continue;
    std::vector<std::string> names;
    for (const Operation& one : all) names.push_back(one.name);
    return Error{ErrorCode::kBadInput,
                 "is no operation of the catalogue" + support::DidYouMean(pattern, names) +
                     "; mqtrack hunt --list shows them, and '*' stands for any text",
                 "--only " + pattern};
  }
  for (const Operation& one : Catalogue()) {
    const bool wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& pattern) {
                          return IsNamed(one.name, pattern);
                        });
    if (wanted) chosen.emplace_back().operation = &one;
  }
  return chosen;
}

}  // namespace

Result<HuntResult> Hunt(const HuntOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Result<std::vector<OperationResult>> chosen = Choose(options.only);
  if (!chosen) return chosen.error();
  HuntResult result;
  result.operations = *std::move(chosen);
  for (OperationResult& one : result.operations) {
    one.outcome = Outcome::kNotTried;
    one.why = "the hunt ended before";
  }
  Shared shared(options, result.operations);
  const bool only_one = !options.broker.address.empty() || options.keep;
  std::size_t jobs = options.jobs > 0 ? static_cast<std::size_t>(options.jobs)
                                      : std::min<std::size_t>(2, std::max(1U, std::thread::hardware_concurrency()));
  if (only_one) jobs = 1;
  jobs = std::min(jobs, (result.operations.size() + 9) / 10);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < jobs; ++i) threads.emplace_back([&shared, i, jobs] { Worker(shared, i, jobs).Run(); });
  for (std::thread& thread : threads) thread.join();
  if (shared.error) return *shared.error;
  result.program = shared.program;
  result.notes = shared.notes;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace mqtrack::hunt
