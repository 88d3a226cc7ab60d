// `mqtrack run --snapshot-at-exit`: what every process of the run had alive when the command ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/messages.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/run_counts.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/symbolize/name_cache.h"

namespace mqtrack::cli {

/// True if PATH, after --snapshot-at-exit, means a folder with a file for each process: it ends in "/", or is one.
[[nodiscard]] bool IsSnapshotFolder(const std::string& path);

/// True if a gate over PATH is one over the files in it: it ends in "/", or is a folder that holds snapshots.
[[nodiscard]] bool IsFolderOfSnapshots(const std::string& path);

/// The snapshots in a folder, by name.
[[nodiscard]] std::vector<std::string> SnapshotsIn(const std::string& folder);

/// True while a run into `folder` has not written all its snapshots, and if it never could: a gate over the rest would
/// pass without those that are missing.
[[nodiscard]] bool IsIncomplete(const std::string& folder);

/// Before the command is started: snapshots can be written there. A folder is made, unless it is there, and is
/// incomplete from now on; one that holds snapshots already is refused, since nobody could tell whose they are.
[[nodiscard]] support::Status PrepareExitSnapshots(const std::string& path);

/// Takes the snapshots of one run. Call Take once, when the command has ended and its pid is still its own.
class ExitSnapshots {
 public:
  /// `counts`: what the run has counted.
  ExitSnapshots(std::string path, std::string command, const process::RunCounts& counts, const Messages& messages);

  /// `run`: all processes with a log of the run. `root`: that of the command; null if it left none;
  /// it exited by itself, or was killed. A file of its own
  /// is for `root`, and says what the others hold. A folder is complete then. An error: something was not written.
  [[nodiscard]] support::Status Take(const std::vector<process::RecordedProcess>& run,
                                     const process::RecordedProcess* root, bool root_has_exited);

 private:
  void TellOfReplaced(const process::RecordedProcess& process, const std::vector<process::RecordedProcess>& run);
  [[nodiscard]] support::Status TakeOne(const process::RecordedProcess& process, bool is_root);
  [[nodiscard]] support::Status WriteInto(profile::Profile& profile, const process::RecordedProcess& process);
  [[nodiscard]] support::Status WriteRoot();
  [[nodiscard]] std::string FileFor(const process::RecordedProcess& process) const;
  void Summarise() const;
  void ShowProgress(std::size_t done, std::size_t all);
  void TellWhatIsElsewhere(const std::string& root_name) const;

  std::string path_, command_;
  const process::RunCounts& counts_;
  /// Shared by all processes of the run, which are mostly the same programs.
  std::shared_ptr<symbolize::NameCache> names_ = std::make_shared<symbolize::NameCache>();
  bool is_folder_;
  bool root_has_exited_ = false;
  bool is_shown_ = false;  // the progress
  std::chrono::steady_clock::time_point shown_at_{};
  const Messages& messages_;
  std::optional<profile::Profile> root_;  // of a single file
  std::vector<std::string> elsewhere_;    // of a single file: facts of what is not in it
  std::vector<std::string> elsewhere_names_;
  std::vector<std::string> sentences_;     // of a folder: one for each file
  std::int64_t empty_ = 0, replaced_ = 0;  // processes that recorded nothing; that became an unrecorded program
};

/// Whether a log is left only because snapshots were to be taken at the end: its process lived too short to leave one.
[[nodiscard]] bool IsKeptForSnapshotOnly(const process::RecordedProcess& process);

}  // namespace mqtrack::cli
