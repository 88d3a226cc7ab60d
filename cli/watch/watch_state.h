// What the user looks at: which process, which rows, since when. The view changes it, the panes show it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/watch/watch_round.h"
#include "cli/watch/watch_table.h"

namespace mqtrack::cli {

/// Plain data, and what follows from it. Not thread-safe.
struct WatchState {
  enum class Pane { kProcesses, kProcess, kText };
  struct Mark {
    std::shared_ptr<const profile::Profile> profile;
    std::int64_t time_ns = 0;
  };

  /// The process that is shown by itself; null: none, or it is not there any more.
  [[nodiscard]] const WatchedProcess* Open() const;
  /// The sample type whose sites are shown; empty: the profile's default.
  [[nodiscard]] std::string SampleType(const WatchedProcess& process) const;
  /// What growth is counted from.
  [[nodiscard]] std::shared_ptr<const profile::Profile> Base(const WatchedProcess& process) const;

  bool single = false, utf8 = true;
  std::shared_ptr<const WatchRound> shown, newest;
  bool paused = false, since_mark = false;
  Pane pane = Pane::kProcesses, behind_text = Pane::kProcesses;
  std::string open_id;
  std::size_t selected_process = 0, selected_site = 0, scroll = 0;
  std::size_t page_rows = 10;  // of the last screen
  WatchSort sort = WatchSort::kGrowth;
  std::size_t group = 0;
  std::size_t type = 0;  // of the resources of the open process
  std::map<std::string, Mark> marks;
  std::int64_t mark_ns = 0;
  std::string selected_key;  // of the site that the user went to, which is followed; empty: the first row
  std::optional<analysis::SiteTable> table;
  std::string table_problem;
  std::string text_title, text;
  std::string message;
};

}  // namespace mqtrack::cli
