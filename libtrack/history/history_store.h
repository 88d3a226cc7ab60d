// Snapshots on disk: FOLDER/NAME/STARTED-PID/TIME.pb.gz, and beside them the totals of all that were ever taken there.
// Any file may be missing, cut off or foreign: what cannot be read is passed over.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libtrack/history/history_bounds.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/file.h"
#include "libtrack/support/result.h"

namespace mqtrack::history {

/// A process's name as that of a folder: what is neither letter, digit nor one of "_-.@+" becomes '_'.
[[nodiscard]] std::string SeriesName(std::string name);

/// One recording of one process: what can be compared with each other.
struct SeriesKey {
  std::string name;                  // SeriesName of the process; generations of a service bear the same
  std::int64_t started_seconds = 0;  // when the recording began, Unix time
  std::int64_t pid = 0;
  auto operator<=>(const SeriesKey&) const = default;
  /// "STARTED-PID".
  [[nodiscard]] std::string Folder() const;
};

/// What was counted at one moment: totals by sample type, and "rss".
struct Totals {
  UnixMillis time = 0;
  std::vector<std::pair<std::string, std::int64_t>> values;
};

struct Series {
  std::map<UnixMillis, std::uint64_t> snapshots;  // sizes of their files
  std::uint64_t totals_bytes = 0;
};

/// Not thread-safe. One process at a time has a folder: a second one is refused.
class HistoryStore {
 public:
  /// Makes the folder (0700) if it is missing, and looks at what is there; files that an earlier process had not
  /// finished are removed. An error: it cannot be made, is not ours alone to write, or another server uses it.
  [[nodiscard]] static support::Result<HistoryStore> Open(const std::string& folder, const HistoryBounds& bounds);

  /// Adds a snapshot. A reader, and a later start, see the whole file or none.
  [[nodiscard]] support::Status Add(const SeriesKey& key, UnixMillis time, const profile::Profile& snapshot);
  /// Takes out what is too old, too close together or too much, the oldest first.
  void Thin(UnixMillis now);

  [[nodiscard]] const std::map<SeriesKey, Series>& series() const { return series_; }
  /// Sizes of all files.
  [[nodiscard]] std::uint64_t Bytes() const;
  [[nodiscard]] std::size_t Files() const;
  [[nodiscard]] std::string PathOf(const SeriesKey& key, UnixMillis time) const;
  [[nodiscard]] support::Result<profile::Profile> Load(const SeriesKey& key, UnixMillis time) const;
  /// In order of time; lines that make no sense are left out.
  [[nodiscard]] std::vector<Totals> ReadTotals(const SeriesKey& key) const;

 private:
  HistoryStore(std::string folder, const HistoryBounds& bounds, support::FileHandle lock)
      : folder_(std::move(folder)), bounds_(bounds), lock_(std::move(lock)) {}
  void Scan();
  void ScanSeries(const std::string& folder, const SeriesKey& key);
  void Remove(const SeriesKey& key, UnixMillis time);
  void Forget(const SeriesKey& key);
  void ThinTotals(const SeriesKey& key, Series& series, UnixMillis now);
  [[nodiscard]] std::string FolderOf(const SeriesKey& key) const;
  [[nodiscard]] std::string TotalsPath(const SeriesKey& key) const;

  std::string folder_;
  HistoryBounds bounds_;
  support::FileHandle lock_;
  std::map<SeriesKey, Series> series_;
};

/// The totals of a snapshot. Pure.
[[nodiscard]] Totals TotalsOf(const profile::Profile& snapshot, UnixMillis time);

}  // namespace mqtrack::history
