// Options that several verbs share: where a TARGET's symbols come from, which part of a profile is looked at, and how
// it is grouped into rows.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "cli/options/name_options.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/filter.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// How a TARGET becomes a profile.
class LoadOptions {
 public:
  void AddTo(CLI::App& app);
  /// For looking only: never starts a new generation in a live log.
  [[nodiscard]] snapshot::Options ForLooking() const;
  /// Loads `target` for looking.
  [[nodiscard]] support::Result<profile::Profile> Load(const std::string& target) const;
  [[nodiscard]] snapshot::TargetState State(const std::string& target) const;
  /// What was given, as words of a shell with a blank before each, for a command that shall read the same.
  [[nodiscard]] std::string Words() const;

 private:
  snapshot::Options options_;
  NameOptions names_;
};

/// Which samples and frames of a profile, and which of its values.
class SelectionOptions {
 public:
  void AddTo(CLI::App& app);
  [[nodiscard]] support::Result<profile::Profile> Apply(profile::Profile profile) const;
  [[nodiscard]] support::Result<analysis::WrapperList> Wrappers() const;
  [[nodiscard]] const std::string& sample_type() const { return sample_type_; }
  /// What Apply leaves out.
  [[nodiscard]] const profile::Filter& filter() const { return filter_; }
  /// As LoadOptions::Words.
  [[nodiscard]] std::string Words() const;
  /// The labels that Apply turns into frames.
  [[nodiscard]] const profile::LabelFrames& label_frames() const { return label_frames_; }

 private:
  std::string sample_type_, wrappers_file_;
  profile::LabelFrames label_frames_;
  profile::Filter filter_;
};

/// How samples become rows, and how many are shown.
class RowOptions {
 public:
  void AddTo(CLI::App& app);
  /// An error if --group-by and another --granularity contradict each other.
  [[nodiscard]] support::Result<analysis::SiteOptions> ForSites(const std::string& sample_type) const;
  [[nodiscard]] std::size_t rows() const { return static_cast<std::size_t>(rows_); }
  [[nodiscard]] bool stacks() const { return stacks_ || all_frames_; }
  [[nodiscard]] bool all_frames() const { return all_frames_; }
  /// What was said about grouping, as LoadOptions::Words. How much of it shows is not part of that.
  [[nodiscard]] std::string Words() const;
  /// True if the stacks, and not just who is to blame in them, show in the rows.
  [[nodiscard]] bool shows_stacks() const { return stacks() || granularity_ == "stack"; }

 private:
  std::int64_t rows_ = 20;
  std::string granularity_, group_by_;
  bool stacks_ = false, all_frames_ = false;
};

/// The sentence about TARGET that every verb's help uses.
extern const char kTargetHelp[];

}  // namespace mqtrack::cli
