#include "cli/options/profile_options.h"

#include <utility>

#include "cli/options/option_types.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/words.h"
#include "reports/words/filter_words.h"

namespace mqtrack::cli {
namespace {

/// Nothing, or a blank and the option.
std::string Given(std::string_view name, const std::string& value) {
  return value.empty() ? "" : " " + reports::OptionWords(name, value);
}

std::string Commas(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

}  // namespace

const char kTargetHelp[] =
    "A pid, the name of a recorded process, a log, a snapshot or other heap profile, or an http(s) URL of a pprof "
    "endpoint";

void LoadOptions::AddTo(CLI::App& app) {
  const std::string group = "Reading the target";
  AddText(app, "--log-dir", options_.log_dir, "DIR", "Where to look for logs of recorded processes")->group(group);
  names_.AddTo(app, group);
  app.add_flag_callback(
         "--no-symbols", [this] { options_.symbolize = false; },
         "Leave addresses unnamed; they can be named later, on a machine that has the same files")
      ->group(group);
}

snapshot::Options LoadOptions::ForLooking() const {
  snapshot::Options options = options_;
  options.symbols = names_.Symbols();
  options.advance_generation = false;
  return options;
}

support::Result<profile::Profile> LoadOptions::Load(const std::string& target) const {
  return snapshot::LoadTarget(target, ForLooking());
}

snapshot::TargetState LoadOptions::State(const std::string& target) const {
  return snapshot::StateOfTarget(target, options_);
}

std::string LoadOptions::Words() const {
  const std::string words = Given("--log-dir", options_.log_dir) + names_.Words();
  return options_.symbolize ? words : words + " --no-symbols";
}

void SelectionOptions::AddTo(CLI::App& app) {
  const std::string group = "Selecting";
  AddText(app, "--by", sample_type_, "TYPE",
          "What to count: " + support::Join(profile::RecordedTypes()) +
              ", or any other sample type of the profile, such as a Go service's " + std::string(profile::kGoroutine) +
              " (default: the profile's own)")
      ->group(group);
  AddText(app, "--focus", filter_.focus, "REGEX", "Keep only stacks with a function or file that matches")
      ->group(group);
  AddText(app, "--ignore", filter_.ignore, "REGEX", "Leave out stacks with a function or file that matches")
      ->group(group);
  AddText(app, "--hide", filter_.hide, "REGEX", "Leave matching functions out of the stacks")->group(group);
  AddText(app, "--tag-focus", filter_.tag_focus, "TAG",
          "Keep only samples with this label: KEY=VALUE, KEY=MIN:MAX, or a regular expression on any value")
      ->group(group);
  AddText(app, "--tag-ignore", filter_.tag_ignore, "TAG", "Leave out samples with this label")->group(group);
  AddList(app, "--tag-root", label_frames_.roots, "LABELS",
          "Put the values of these labels, such as mqtt_client or thread,mqtt_topic, below the root of every stack")
      ->group(group);
  AddList(app, "--tag-leaf", label_frames_.leaves, "LABELS", "Put them at the leaf of every stack")->group(group);
  AddText(app, "--wrappers", wrappers_file_, "FILE",
          "Also skip the functions named in FILE (one a line) when looking for whom to blame")
      ->group(group);
}

support::Result<profile::Profile> SelectionOptions::Apply(profile::Profile profile) const {
  // Before the filter, as pprof does it, so that --focus and its like find the labels too.
  profile = profile::AddLabelFrames(std::move(profile), label_frames_);
  if (filter_.empty()) return profile;
  return profile::ApplyFilter(profile, filter_);
}

std::string SelectionOptions::Words() const {
  const std::string filter = reports::FilterOptions(filter_);
  return Given("--by", sample_type_) + (filter.empty() ? "" : " " + filter) +
         Given("--tag-root", Commas(label_frames_.roots)) + Given("--tag-leaf", Commas(label_frames_.leaves)) +
         Given("--wrappers", wrappers_file_);
}

support::Result<analysis::WrapperList> SelectionOptions::Wrappers() const {
  return analysis::WrapperList::Load(wrappers_file_);
}

void RowOptions::AddTo(CLI::App& app) {
  const std::string group = "Rows";
  AddCount(app, "-n,--rows", rows_, "Show the first N rows (default 20); 0 shows all")->group(group);
  AddChoice(app, "--granularity", granularity_, {"function", "line", "stack", "leaf"}, "WHAT",
            "One row per function to blame (the default), per line, per whole creation stack, or per innermost frame")
      ->group(group);
  AddText(app, "--group-by", group_by_, "LABEL", "One row per value of LABEL, such as thread or generation")
      ->group(group);
  app.add_flag("--stacks", stacks_, "Show below each row the stack that created most of it")->group(group);
  app.add_flag("--all-frames", all_frames_,
               "As --stacks, with every frame: otherwise those of the C++ library are folded to one")
      ->group(group);
}

std::string RowOptions::Words() const { return Given("--granularity", granularity_) + Given("--group-by", group_by_); }

support::Result<analysis::SiteOptions> RowOptions::ForSites(const std::string& sample_type) const {
  analysis::SiteOptions options;
  options.sample_type = sample_type;
  if (!group_by_.empty()) {
    if (!granularity_.empty()) {
      return support::Error{support::ErrorCode::kBadInput, "cannot be combined with --granularity; give one of the two",
                            "--group-by"};
    }
    options.granularity = analysis::Granularity::kLabel;
    options.label = group_by_;
  } else if (granularity_ == "line") {
    options.granularity = analysis::Granularity::kLine;
  } else if (granularity_ == "stack") {
    options.granularity = analysis::Granularity::kStack;
  } else if (granularity_ == "leaf") {
    options.granularity = analysis::Granularity::kLeaf;
  }
  return options;
}

}  // namespace mqtrack::cli
