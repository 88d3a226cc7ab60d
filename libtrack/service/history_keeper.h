// Takes a snapshot of every served process each so often, keeps them on disk, and judges what they say.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libtrack/history/history_store.h"
#include "libtrack/history/series_verdicts.h"
#include "libtrack/history/service_course.h"
#include "libtrack/service/snapshot_desk.h"
#include "libtrack/service/target_list.h"

namespace mqtrack::service {

struct HistoryOptions {
  std::string folder;
  history::HistoryBounds bounds;
  std::chrono::seconds every{60};
  /// Told, on the keeper's thread, when nothing can be kept and when it can again, and of the first damaged file.
  std::function<void(const std::string&)> warn = [](const std::string&) {};
};

/// Which recording of the history a target's is.
[[nodiscard]] history::SeriesKey SeriesKeyOf(const Target& target);

/// Thread-safe; has a thread of its own.
class HistoryKeeper {
 public:
  /// One recording, as far as it is known.
  struct Course {
    history::SeriesKey key;
    std::vector<history::Totals> totals;
    std::vector<history::UnixMillis> snapshots;
  };

  /// Both must outlive it. Errors are those of HistoryStore::Open.
  [[nodiscard]] static support::Result<std::unique_ptr<HistoryKeeper>> Start(const HistoryOptions& options,
                                                                             TargetList& targets, SnapshotDesk& desk);
  HistoryKeeper(const HistoryKeeper&) = delete;
  HistoryKeeper& operator=(const HistoryKeeper&) = delete;
  ~HistoryKeeper();

  /// The newest recording of each service that has a history, the newest of each name first.
  [[nodiscard]] std::vector<history::SeriesKey> Services();
  /// The recording that is meant by "NAME", the newest one, or by "NAME-PID".
  [[nodiscard]] std::optional<history::SeriesKey> Find(const std::string& name);
  /// The recordings of the service whose recording `key` is, oldest first. Of other processes of its name there is
  /// none.
  [[nodiscard]] std::vector<Course> CoursesOf(const history::SeriesKey& key);
  /// The snapshot of this service that was taken then.
  [[nodiscard]] support::Result<profile::Profile> Load(const history::SeriesKey& key, history::UnixMillis time);
  /// Null: there are fewer than three snapshots yet.
  [[nodiscard]] std::shared_ptr<const history::Judged> JudgedOf(const history::SeriesKey& key);
  /// Growth, verdicts and sites of a target.
  void AddFigures(const Target& target, figures::Figures& figures);
  /// mqtrack_serve_history_*.
  void AddOwnFigures(figures::Figures& figures);

 private:
  HistoryKeeper(const HistoryOptions& options, history::HistoryStore store, TargetList& targets, SnapshotDesk& desk)
      : options_(options), store_(std::move(store)), targets_(targets), desk_(desk) {}
  void Work();
  void Look();
  void Judge(const history::SeriesKey& key);
  void TellWriting(const std::string& problem);
  void TellDamage(const support::Error& error);
  /// All recordings of this name. With mutex_ held.
  [[nodiscard]] std::vector<history::RecordingSpan> SpansOf(const std::string& name);
  [[nodiscard]] const std::string& CommandOf(const history::SeriesKey& key);

  HistoryOptions options_;
  std::mutex mutex_;  // of all below
  history::HistoryStore store_;
  std::map<history::SeriesKey, std::shared_ptr<const history::Judged>> judged_;
  std::set<history::SeriesKey> up_;                     // at the newest look
  std::map<history::SeriesKey, std::string> commands_;  // command lines, of those that were asked for
  std::uint64_t errors_ = 0;
  bool is_ending_ = false;
  std::condition_variable ending_;
  TargetList& targets_;
  SnapshotDesk& desk_;
  // Of the thread only:
  std::uint64_t rounds_ = 0;
  bool has_told_writing_ = false, has_told_damage_ = false;
  std::optional<std::chrono::steady_clock::time_point> told_writing_at_;
  std::thread thread_;
};

}  // namespace mqtrack::service
