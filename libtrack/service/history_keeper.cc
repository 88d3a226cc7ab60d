#include "libtrack/service/history_keeper.h"

#include <algorithm>

#include "libtrack/profile/fact.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::service {
namespace {

using history::RecordingSpan;
using history::SeriesKey;
using history::UnixMillis;
using support::Result;

constexpr std::size_t kFewest = 3, kMost = 12;  // snapshots of a series that are judged
constexpr UnixMillis kJudgedTime = 24 * 3'600'000LL;
constexpr std::uint64_t kJudgeEvery = 5;  // rounds
constexpr UnixMillis kHandover = 5000;
constexpr std::chrono::minutes kBetweenWarnings{10};

UnixMillis Now() { return support::UnixNanosNow() / 1'000'000; }

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
  std::vector<Target> targets = targets_.List();
  std::erase_if(targets, [](const Target& target) { return !target.IsUp(); });
  {
    const std::lock_guard lock(mutex_);
    up_.clear();
    for (const Target& target : targets) up_.insert(SeriesKeyOf(target));
  }
  std::vector<SeriesKey> grown;
  std::string problem;
  for (const Target& target : targets) {
    const SeriesKey key = SeriesKeyOf(target);
    const Result<SharedProfile> snapshot = desk_.Heap(target, desk_.Recent());
    const std::lock_guard lock(mutex_);
    if (is_ending_) return;
    const support::Status kept = snapshot ? store_.Add(key, Now(), **snapshot) : support::Status();
    if (snapshot && kept) {
      grown.push_back(key);
    } else {
      ++errors_;
    }
    if (!kept && problem.empty()) problem = kept.error().ToString();
  }
  // Where nothing was to be written, nothing is known of that.
  if (!problem.empty() || !grown.empty()) TellWriting(problem);
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
  std::erase_if(judged_, [&](const auto& row) { return !up_.contains(row.first); });
  std::erase_if(commands_, [&](const auto& row) { return !store_.series().contains(row.first); });
}

/// Its beginning and its end, and no new beginning within kBetweenWarnings of the last one.
void HistoryKeeper::TellWriting(const std::string& problem) {
  const auto now = std::chrono::steady_clock::now();
  if (!problem.empty() && !has_told_writing_ && (!told_writing_at_ || now - *told_writing_at_ >= kBetweenWarnings)) {
    has_told_writing_ = true;
    told_writing_at_ = now;
    options_.warn("the history has gaps from now on: " + problem);
  } else if (problem.empty() && has_told_writing_) {
    has_told_writing_ = false;
    options_.warn("the history in " + options_.folder + " is kept again");
  }
}

void HistoryKeeper::TellDamage(const support::Error& error) {
  if (has_told_damage_) return;
  has_told_damage_ = true;
  options_.warn("a file of the history cannot be read and is passed over, and so are any others like it: " +
                error.ToString());
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
      TellDamage(profile.error());
    }
  }
  if (profiles.size() < kFewest) return;
  auto judged = history::JudgeSeries(std::move(profiles));
  const std::lock_guard lock(mutex_);
  judged_[key] = std::move(judged);
}

/// Of the snapshots the first one that can be read tells it.
const std::string& HistoryKeeper::CommandOf(const SeriesKey& key) {
  const auto known = commands_.find(key);
  if (known != commands_.end()) return known->second;
  std::string command;
  for (const auto& [time, bytes] : store_.series().at(key).snapshots) {
    const Result<profile::Profile> snapshot = store_.Load(key, time);
    if (!snapshot) continue;
    command = profile::FindFact(*snapshot, "command").value_or("");
    break;
  }
  return commands_.emplace(key, std::move(command)).first->second;
}

std::vector<RecordingSpan> HistoryKeeper::SpansOf(const std::string& name) {
  std::vector<RecordingSpan> spans;
  for (const auto& [key, series] : store_.series()) {
    if (key.name != name) continue;
    // The key's time is cut to seconds. A last snapshot may be of a process that has ended meanwhile, or that stops
    // while its successor starts: neither makes two services of one.
    UnixMillis first = key.started_seconds * 1000 + 999;
    if (!series.snapshots.empty()) first = std::min(first, series.snapshots.begin()->first);
    UnixMillis last = series.snapshots.empty() ? first : std::max(first, series.snapshots.rbegin()->first - kHandover);
    if (up_.contains(key)) last = history::kLatestMoment;
    spans.push_back({key, first, last, ""});
  }
  if (!history::AnyAtOnce(spans)) return spans;
  for (RecordingSpan& span : spans) span.command = CommandOf(span.key);
  return spans;
}

std::vector<SeriesKey> HistoryKeeper::Services() {
  const std::lock_guard lock(mutex_);
  std::vector<SeriesKey> services;
  std::set<SeriesKey> told;
  std::vector<RecordingSpan> spans;
  for (auto row = store_.series().rbegin(); row != store_.series().rend(); ++row) {
    const SeriesKey& key = row->first;
    if (spans.empty() || spans.front().key.name != key.name) spans = SpansOf(key.name);
    if (told.contains(key)) continue;
    services.push_back(key);
    for (const SeriesKey& one : history::CourseOf(key, spans)) told.insert(one);
  }
  return services;
}

std::optional<SeriesKey> HistoryKeeper::Find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  for (const bool with_pid : {false, true}) {
    for (auto row = store_.series().rbegin(); row != store_.series().rend(); ++row) {
      const SeriesKey& key = row->first;
      if (name == (with_pid ? key.name + "-" + std::to_string(key.pid) : key.name)) return key;
    }
  }
  return std::nullopt;
}

std::vector<HistoryKeeper::Course> HistoryKeeper::CoursesOf(const SeriesKey& key) {
  const std::lock_guard lock(mutex_);
  std::vector<Course> courses;
  for (const SeriesKey& one : history::CourseOf(key, SpansOf(key.name))) {
    const auto series = store_.series().find(one);
    if (series == store_.series().end()) continue;  // of a process that no look has met yet
    Course course{one, store_.ReadTotals(one), {}};
    for (const auto& [time, bytes] : series->second.snapshots) course.snapshots.push_back(time);
    courses.push_back(std::move(course));
  }
  return courses;
}

Result<profile::Profile> HistoryKeeper::Load(const SeriesKey& key, UnixMillis time) {
  const std::lock_guard lock(mutex_);
  for (const SeriesKey& one : history::CourseOf(key, SpansOf(key.name))) {
    const auto series = store_.series().find(one);
    if (series != store_.series().end() && series->second.snapshots.contains(time)) return store_.Load(one, time);
  }
  return support::Error{support::ErrorCode::kNotFound, "no snapshot of then is kept", key.name};
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
