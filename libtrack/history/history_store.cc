#include "libtrack/history/history_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>

#include "libtrack/history/totals_text.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::history {
namespace {

namespace fs = std::filesystem;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::string_view kSuffix = ".pb.gz";
constexpr char kTotalsName[] = "totals.log";
constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 28;
constexpr std::uint64_t kTotalsTooLong = 1 << 20;  // of one series, before its lines are thinned

std::optional<std::int64_t> ParseNumber(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number > 0 && number <= most;
  return is_number ? std::optional(number) : std::nullopt;
}

std::optional<SeriesKey> ParseSeries(const std::string& name, const std::string& folder) {
  const std::size_t dash = folder.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto started = ParseNumber(folder.substr(0, dash), kLatestMoment / 1000),
             pid = ParseNumber(folder.substr(dash + 1), INT32_MAX);
  if (!started || !pid) return std::nullopt;
  return SeriesKey{name, *started, *pid};
}
std::vector<fs::directory_entry> EntriesOf(const std::string& folder) {
  std::vector<fs::directory_entry> entries;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    entries.push_back(*entry);
  }
  return entries;
}

/// Ends a last line that was cut off, so that the next one is no part of it. Returns how many bytes that took.
std::uint64_t EndLine(const std::string& path) {
  const support::FileHandle file(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  const off_t end = file.valid() ? ::lseek(file.get(), 0, SEEK_END) : 0;
  char last = '\n';
  if (end <= 0 || ::pread(file.get(), &last, 1, end - 1) != 1 || last == '\n') return 0;
  return ::write(file.get(), "\n", 1) == 1 ? 1 : 0;
}

/// The whole line, or nothing of it: the next one would go on where it was cut off.
Status AppendLine(const std::string& path, const std::string& line) {
  const support::FileHandle file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const off_t before = file.valid() ? ::lseek(file.get(), 0, SEEK_END) : -1;
  const auto size = static_cast<ssize_t>(line.size());
  ssize_t written = file.valid() ? ::write(file.get(), line.data(), line.size()) : -1;
  // Of a part, the rest's failure says why.
  if (written > 0 && written < size)
    written = ::write(file.get(), line.data() + written, static_cast<std::size_t>(size - written)) == size - written
                  ? size
                  : -1;
  if (written == size) return {};
  const int why = errno;
  if (before >= 0) (void)::ftruncate(file.get(), before);
  return Error{ErrorCode::kSystem, std::string("cannot be written to: ") + support::WhyNotWritten(why), path};
}

}  // namespace

std::string SeriesName(std::string name) {
  for (char& c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("_-.@+").find(c) != std::string_view::npos;
    if (!is_plain) c = '_';
  }
  if (name.empty() || name.front() == '.') name.insert(name.begin(), '_');
  return name;
}

std::string SeriesKey::Folder() const { return std::to_string(started_seconds) + "-" + std::to_string(pid); }

Totals TotalsOf(const profile::Profile& snapshot, UnixMillis time) {
  Totals totals{time, {}};
  for (std::size_t i = 0; i < snapshot.sample_types.size(); ++i) {
    totals.values.emplace_back(snapshot.sample_types[i].type, profile::Total(snapshot, i));
  }
  if (const auto rss = profile::FindFact(snapshot, "rss_bytes")) {
    if (const auto bytes = support::ParseCount(*rss)) totals.values.emplace_back("rss", *bytes);
  }
  return totals;
}

Result<HistoryStore> HistoryStore::Open(const std::string& folder, const HistoryBounds& bounds) {
  std::error_code error;
  fs::create_directories(fs::path(folder).parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{ErrorCode::kSystem, std::string("cannot be made: ") + std::strerror(errno), folder};
  }
  support::FileHandle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info {};
  if (!handle.valid() || ::fstat(handle.get(), &info) != 0) {
    return Error{ErrorCode::kSystem, std::string("cannot be opened: ") + std::strerror(errno), folder};
  }
  if (info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return Error{ErrorCode::kBadInput, "must belong to you, and nobody else may write to it", folder};
  }
  if (::flock(handle.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kSystem, "another mqtrack serve keeps its history there; name another folder (--history)",
                 folder};
  }
  HistoryStore store(folder, bounds, std::move(handle));
  store.Scan();
  return store;
}

std::string HistoryStore::FolderOf(const SeriesKey& key) const { return folder_ + "/" + key.name + "/" + key.Folder(); }
std::string HistoryStore::TotalsPath(const SeriesKey& key) const { return FolderOf(key) + "/" + kTotalsName; }
std::string HistoryStore::PathOf(const SeriesKey& key, UnixMillis time) const {
  return FolderOf(key) + "/" + std::to_string(time) + std::string(kSuffix);
}

void HistoryStore::Scan() {
  for (const fs::directory_entry& name : EntriesOf(folder_)) {
    if (!name.is_directory() || name.is_symlink()) continue;
    for (const fs::directory_entry& one : EntriesOf(name.path())) {
      const auto key = ParseSeries(name.path().filename(), one.path().filename());
      if (key && one.is_directory() && !one.is_symlink()) ScanSeries(one.path(), *key);
    }
  }
}

void HistoryStore::ScanSeries(const std::string& folder, const SeriesKey& key) {
  Series& series = series_[key];
  for (const fs::directory_entry& entry : EntriesOf(folder)) {
    std::error_code error;
    const std::string file = entry.path().filename();
    if (!entry.is_regular_file(error) || entry.is_symlink(error)) continue;
    const std::uint64_t bytes = entry.file_size(error);
    if (error) continue;
    const bool has_suffix = file.ends_with(kSuffix);
    const auto time =
        has_suffix ? ParseNumber(file.substr(0, file.size() - kSuffix.size()), kLatestMoment) : std::nullopt;
    if (time) {
      series.snapshots.emplace(*time, bytes);
    } else if (file == kTotalsName) {
      series.totals_bytes = bytes + EndLine(entry.path());
    } else if (file.find(kSuffix) != std::string::npos || file.find(kTotalsName) != std::string::npos) {
      fs::remove(entry.path(), error);  // of a write that did not end
    }
  }
}

Status HistoryStore::Add(const SeriesKey& key, UnixMillis time, const profile::Profile& snapshot) {
  std::error_code error;
  fs::create_directories(FolderOf(key), error);
  const std::string bytes = profile::EncodePprof(snapshot);
  if (const Status written = support::WriteFile(PathOf(key, time), bytes); !written) return written;
  Series& series = series_[key];
  series.snapshots[time] = bytes.size();
  const std::string line = TotalsLine(TotalsOf(snapshot, time));
  if (const Status appended = AppendLine(TotalsPath(key), line); !appended) return appended;
  series.totals_bytes += line.size();
  return {};
}

void HistoryStore::Remove(const SeriesKey& key, UnixMillis time) {
  std::error_code error;
  fs::remove(PathOf(key, time), error);
  series_[key].snapshots.erase(time);
}

/// Lines of totals are few bytes, and stay longer than snapshots: as these would in a file of their own.
void HistoryStore::ThinTotals(const SeriesKey& key, Series& series, UnixMillis now) {
  const std::vector<Totals> all = ReadTotals(key);
  std::vector<UnixMillis> times;
  for (const Totals& totals : all) times.push_back(totals.time);
  const std::vector<UnixMillis> gone = Thinnable(times, now, bounds_.age);
  std::string text;
  std::size_t next = 0;
  for (const Totals& totals : all) {
    if (next < gone.size() && gone[next] == totals.time) {
      ++next;
    } else {
      text += TotalsLine(totals);
    }
  }
  if (support::WriteFile(TotalsPath(key), text)) series.totals_bytes = text.size();
}

void HistoryStore::Thin(UnixMillis now) {
  const UnixMillis oldest = now - std::chrono::duration_cast<std::chrono::milliseconds>(bounds_.age).count();
  for (auto& [key, series] : series_) {
    std::vector<UnixMillis> times;
    for (const auto& [time, bytes] : series.snapshots) times.push_back(time);
    for (const UnixMillis time : Thinnable(times, now, bounds_.age)) Remove(key, time);
    if (series.totals_bytes > kTotalsTooLong) ThinTotals(key, series, now);
  }
  while (Bytes() > bounds_.bytes) {
    const SeriesKey* key = nullptr;
    UnixMillis time = 0;
    for (const auto& [candidate, series] : series_) {
      if (series.snapshots.empty()) continue;
      const UnixMillis first = series.snapshots.begin()->first;
      if (key == nullptr || first < time) key = &candidate, time = first;
    }
    if (key == nullptr) break;
    const SeriesKey oldest_key = *key;
    Remove(oldest_key, time);
    if (series_[oldest_key].snapshots.empty()) Forget(oldest_key);
  }
  std::vector<SeriesKey> over;
  for (const auto& [key, series] : series_) {
    if (series.snapshots.empty() && key.started_seconds * 1000 < oldest) over.push_back(key);
  }
  for (const SeriesKey& key : over) Forget(key);
}

/// Of a recording nothing is left.
void HistoryStore::Forget(const SeriesKey& key) {
  std::error_code error;
  fs::remove_all(FolderOf(key), error);
  fs::remove(fs::path(FolderOf(key)).parent_path(), error);  // if it was the last one of its name
  series_.erase(key);
}

std::uint64_t HistoryStore::Bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [key, series] : series_) {
    sum += series.totals_bytes;
    for (const auto& [time, bytes] : series.snapshots) sum += bytes;
  }
  return sum;
}

std::size_t HistoryStore::Files() const {
  std::size_t count = 0;
  for (const auto& [key, series] : series_) count += series.snapshots.size();
  return count;
}

Result<profile::Profile> HistoryStore::Load(const SeriesKey& key, UnixMillis time) const {
  const std::string path = PathOf(key, time);
  const Result<std::string> bytes = support::ReadFile(path, kMostFileBytes);
  if (!bytes) return bytes.error();
  return profile::ParseProfile(*bytes, path);
}

std::vector<Totals> HistoryStore::ReadTotals(const SeriesKey& key) const {
  const Result<std::string> text = support::ReadFile(TotalsPath(key), kMostFileBytes);
  return text ? ParseTotalsFile(*text) : std::vector<Totals>();
}

}  // namespace mqtrack::history
