#include "libtrack/service/history_keeper.h"

#include <algorithm>
#include <set>

namespace mqtrack::service {
namespace {

using history::SeriesKey;
using history::UnixMillis;
using support::Result;

constexpr std::size_t kFewest = 3, kMost = 12;  // snapshots of a series that are judged
constexpr UnixMillis kJudgedTime = 24 * 3'600'000LL;
constexpr std::uint64_t kJudgeEvery = 5;  // rounds

UnixMillis Now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// At most kMost of them, the first and the last among these, at even distances.
std::vector<UnixMillis> Spread(const std::vector<UnixMillis>& times) {
  if (times.size() <= kMost) return times;
  std::vector<UnixMillis> chosen;
  for (std::size_t i = 0; i < kMost; ++i) chosen.push_back(times[i * (times.size() - 1) / (kMost - 1)]);
  return chosen;
}

}  // namespace

SeriesKey SeriesKeyOf(const Target& target) {
  const log::LogFacts& facts = target.process.facts;
  return {history::SeriesName(facts.comm), facts.started_unix_ns / 1'000'000'000, target.process.Pid()};
}

Result<std::unique_ptr<HistoryKeeper>> HistoryKeeper::Start(const HistoryOptions& options, TargetList& targets,
                                                            SnapshotDesk& desk) {
  Result<history::HistoryStore> store = history::HistoryStore::Open(options.folder, options.bounds);
  if (!store) return store.error();
  std::unique_ptr<HistoryKeeper> keeper(new HistoryKeeper(options, *std::move(store), targets, desk));
  keeper->thread_ = std::thread([keeper = keeper.get()] { keeper->Work(); });
  return keeper;
}

HistoryKeeper::~HistoryKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void HistoryKeeper::Work() {
  auto next = std::chrono::steady_clock::now();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (ending_.wait_until(lock, next, [this] { return is_ending_; })) return;
    }
    Look();
    // A round that took too long is not made up for.
    next = std::max(next + options_.every, std::chrono::steady_clock::now());
  }
}

void HistoryKeeper::Look() {
  std::set<SeriesKey> up;
  std::vector<SeriesKey> grown;
  for (const Target& target : targets_.List()) {
    if (!target.IsUp()) continue;
    const SeriesKey key = SeriesKeyOf(target);
    up.insert(key);
    const Result<SharedProfile> snapshot = desk_.Heap(target, desk_.Recent());
    const std::lock_guard lock(mutex_);
    if (is_ending_) return;
    if (snapshot && store_.Add(key, Now(), **snapshot)) {
      grown.push_back(key);
    } else {
      ++errors_;
    }
  }
  for (const SeriesKey& key : grown) {
    bool is_judged = false;
    {
      const std::lock_guard lock(mutex_);
      is_judged = judged_.contains(key);
    }
    if (!is_judged || rounds_ % kJudgeEvery == 0) Judge(key);
  }
  ++rounds_;
  const std::lock_guard lock(mutex_);
  store_.Thin(Now());
  std::erase_if(judged_, [&](const auto& row) { return !up.contains(row.first); });
}

void HistoryKeeper::Judge(const SeriesKey& key) {
  std::vector<UnixMillis> times;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [time, bytes] : store_.series().at(key).snapshots) {
      if (time >= Now() - kJudgedTime) times.push_back(time);
    }
  }
  if (times.size() < kFewest) return;
  std::vector<profile::Profile> profiles;
  for (const UnixMillis time : Spread(times)) {
    const std::lock_guard lock(mutex_);
    Result<profile::Profile> profile = store_.Load(key, time);
    if (profile) {
      profiles.push_back(*std::move(profile));
    } else {
      ++errors_;
    }
  }
  if (profiles.size() < kFewest) return;
  auto judged = history::JudgeSeries(std::move(profiles));
  const std::lock_guard lock(mutex_);
  judged_[key] = std::move(judged);
}

std::vector<std::string> HistoryKeeper::Names() {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& [key, series] : store_.series()) names.insert(key.name);
  return {names.begin(), names.end()};
}

std::vector<HistoryKeeper::Course> HistoryKeeper::CoursesOf(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::vector<Course> courses;
  for (const auto& [key, series] : store_.series()) {
    if (key.name != name) continue;
    Course course{key, store_.ReadTotals(key), {}};
    for (const auto& [time, bytes] : series.snapshots) course.snapshots.push_back(time);
    courses.push_back(std::move(course));
  }
  return courses;
}

Result<profile::Profile> HistoryKeeper::Load(const std::string& name, UnixMillis time) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, series] : store_.series()) {
    if (key.name == name && series.snapshots.contains(time)) return store_.Load(key, time);
  }
  return support::Error{support::ErrorCode::kNotFound, "no snapshot of then is kept any more", name};
}

std::shared_ptr<const history::Judged> HistoryKeeper::JudgedOf(const SeriesKey& key) {
  const std::lock_guard lock(mutex_);
  const auto found = judged_.find(key);
  return found == judged_.end() ? nullptr : found->second;
}

void HistoryKeeper::AddFigures(const Target& target, figures::Figures& figures) {
  const auto judged = JudgedOf(SeriesKeyOf(target));
  if (judged) figures.Append(judged->figures);
}

void HistoryKeeper::AddOwnFigures(figures::Figures& figures) {
  const std::lock_guard lock(mutex_);
  figures.Add("mqtrack_serve_history_bytes", static_cast<double>(store_.Bytes()));
  figures.Add("mqtrack_serve_history_files", static_cast<double>(store_.Files()));
  figures.Add("mqtrack_serve_history_errors", static_cast<double>(errors_));
}

}  // namespace mqtrack::service
