#include "cli/targets/input.h"

#include <set>
#include <utility>
#include <vector>

#include "cli/output.h"
#include "cli/targets/missing_labels.h"
#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/gate/gate_series.h"
#include "libtrack/analysis/other_growth.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/ascii.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "libtrack/verdicts/row_verdicts.h"
#include "reports/text/table_formats.h"
#include "reports/words/filter_words.h"

namespace mqtrack::cli {
namespace {

support::Result<profile::Profile> Load(const std::string& target, const LoadOptions& loading, const Messages& messages,
                                       std::set<std::string>& label_keys) {
  support::Result<profile::Profile> loaded = loading.Load(target);
  if (!loaded) return loaded;
  WarnAboutLosses(loaded.value(), target, messages);
  WarnAboutShallowStacks(loaded.value(), target, messages);
  WarnAboutUnseen(loaded.value(), target, messages);
  NoteState(loaded.value(), messages);
  label_keys.merge(profile::LabelKeys(loaded.value()));
  return loaded;
}

/// Replaces `profile` with what is selected of it.
support::Status Select(const SelectionOptions& selection, profile::Profile& profile) {
  support::Result<profile::Profile> selected = selection.Apply(std::move(profile));
  if (!selected) return std::move(selected).error();
  profile = std::move(selected).value();
  return {};
}

/// A profile of a Go service opens on memory; one of goroutines has none. Says which types have values.
void NoteWhereValuesAre(const Input& input, const analysis::SiteTable& table, const Messages& messages) {
  if (!input.filter.empty() && input.newer.samples.empty() && (!input.base || input.base->samples.empty())) {
    messages.Note("nothing matches the filter " + reports::FilterOptions(input.filter) + "; leave it out to see all");
    return;
  }
  std::vector<std::string> types;
  for (std::size_t i = 0; i < input.newer.sample_types.size(); ++i) {
    if (profile::Total(input.newer, i) != 0) types.push_back(input.newer.sample_types[i].type);
  }
  const std::string what = "nothing to show for " + table.value_type.type;
  if (types.empty()) {
    messages.Note(what + "; " + input.new_name + " has no values of any sample type");
  } else if (table.is_diff) {
    messages.Note(what + ": it is the same on both sides; other sample types for --by: " + support::Join(types));
  } else {
    messages.Note(what + "; there are values for --by " + support::Join(types));
  }
}

/// Of the newer side: how much has no such label, and why.
void NoteMissingLabels(const Input& input, const std::string& label, const std::string& type,
                       const Messages& messages) {
  if (!label.starts_with("mqtt_")) return;
  const support::Result<std::size_t> index = profile::FindSampleType(input.newer, type);
  if (!index) return;
  const std::string missing = DescribeMissingLabels(input.newer, label, index.value());
  if (!missing.empty()) messages.Note(input.new_name + ": " + missing);
}

/// A label that no sample has is more often a misspelt one than an answer.
void NoteWhichLabelsThereAre(const Input& input, const std::string& label, const std::string& purpose,
                             const Messages& messages) {
  if (input.label_keys.count(label) != 0) return;
  const std::vector<std::string> keys(input.label_keys.begin(), input.label_keys.end());
  messages.Note("nothing has a label \"" + label + "\" " + purpose + "; " +
                (keys.empty() ? "there are no labels here" : "there are: " + support::Join(keys)));
}

void NoteUnknownLabelFrames(const Input& input, const profile::LabelFrames& labels, const Messages& messages) {
  for (const std::string& key : labels.roots) NoteWhichLabelsThereAre(input, key, "for --tag-root", messages);
  for (const std::string& key : labels.leaves) NoteWhichLabelsThereAre(input, key, "for --tag-leaf", messages);
}

reports::Later WhenLater(snapshot::TargetState state) {
  switch (state) {
    case snapshot::TargetState::kRunning:
      return reports::Later::kSameTarget;
    case snapshot::TargetState::kEnded:
      return reports::Later::kNever;
    case snapshot::TargetState::kSaved:
      break;
  }
  return reports::Later::kOtherFile;
}

/// The sample type must be on both sides. Said here, where the names of the files are known.
support::Status CheckSampleTypes(const Input& input, const std::string& sample_type) {
  const auto named = [](support::Error error, const std::string& where) {
    error.where = where;
    return error;
  };
  const support::Result<std::size_t> in_newer = profile::FindSampleType(input.newer, sample_type);
  if (!in_newer) return named(in_newer.error(), input.new_name);
  if (!input.base) return {};
  const std::string& type = input.newer.sample_types[in_newer.value()].type;
  const support::Result<std::size_t> in_base = profile::FindSampleType(*input.base, type);
  if (in_base) return {};
  return named(in_base.error(), input.base_name);
}

/// Two states of one process, in the right order, are what a difference is about. Anything else is allowed, but not
/// without a word: the numbers are easily taken for a leak.
void NoteUnlikeSides(const Input& input, const Messages& messages) {
  const analysis::Side base = analysis::DescribeSide(*input.base), newer = analysis::DescribeSide(input.newer);
  if (base.time_nanos > 0 && newer.time_nanos > 0 && base.time_nanos > newer.time_nanos) {
    messages.Warn(input.base_name + " is newer than " + input.new_name +
                  ": what grew is shown as shrunk; are the two swapped?");
  }
  if (const std::string why = analysis::WhyNotComparable(base, newer); !why.empty()) messages.Warn(why);
  if (!base.program.empty() && !newer.program.empty() && base.program != newer.program) {
    messages.Warn(input.base_name + " is of " + base.program + ", " + input.new_name + " of " + newer.program +
                  ": growth between different programs means little");
  } else if (!analysis::MayBeOfOneProcess(base, newer)) {
    messages.Note(input.base_name + " is of " + base.target + ", " + input.new_name + " of " + newer.target +
                  ": two processes, so growth is also what they did differently since they started");
  }
}

}  // namespace

void WarnAboutLosses(const profile::Profile& profile, const std::string& name, const Messages& messages) {
  const analysis::Side side = analysis::DescribeSide(profile);
  if (side.losses == 0) return;
  std::string text = name + ": ";
  if (side.losses < 0) {
    text += "its count of missed events cannot be read, so values may be too low";
  } else {
    text += "the recorder missed " + support::FormatCount(side.losses) + (side.losses == 1 ? " event" : " events") +
            (side.lost_bytes > 0 ? " (" + support::FormatBytes(side.lost_bytes) + ")" : "") + ", so values are too low";
  }
  messages.Warn(text + "; record again with more room (mqtrack run --log-limit, or a larger /dev/shm)");
}

void WarnAboutShallowStacks(const profile::Profile& profile, const std::string& name, const Messages& messages) {
  const std::string shallow = analysis::ShallowStacks(analysis::DescribeSide(profile));
  if (!shallow.empty()) messages.Warn(name + ": " + shallow);
}

std::string UnseenCallWarning(const std::string& call) {
  return "an allocator's own function is called, which is not recorded (" + call +
         "): blocks that it makes are missing, and blocks that it frees are left over; use malloc and free to record "
         "them";
}

void WarnAboutUnseen(std::int64_t frees, const std::string& call, const std::string& name, const Messages& messages) {
  if (!call.empty()) messages.Warn(name + ": " + UnseenCallWarning(call));
  if (frees > 0) {
    messages.Warn(name + ": " + support::FormatCount(frees) + (frees == 1 ? " block was" : " blocks were") +
                  " freed without the recorder seeing it (another allocator?), so values may be too high");
  } else if (frees < 0) {
    messages.Warn(name + ": how many blocks were freed past the recorder cannot be read, so values may be too high");
  }
}

void WarnAboutUnseen(const profile::Profile& profile, const std::string& name, const Messages& messages) {
  const analysis::Side side = analysis::DescribeSide(profile);
  WarnAboutUnseen(side.unseen_frees, side.unseen_call, name, messages);
}

void NoteState(const profile::Profile& profile, const Messages& messages) {
  const analysis::Side side = analysis::DescribeSide(profile);
  const std::string who = side.target.empty() ? "the process" : side.target;
  if (side.state == "detached") {
    messages.Warn(who + " was detached and runs on unrecorded: this is what was alive then");
  } else if (side.state == "unrecorded") {
    messages.Warn(who + " is recorded no more (it runs another program, or was detached): this is what was alive then");
  } else if (side.state == "dead") {
    const std::string end = profile::FindFact(profile, "end").value_or("");
    messages.Note(who + (end.empty() ? " was killed or crashed" : " was ended by " + OneLine(end)) +
                  ": this is what its log holds");
  } else if (const auto end = profile::FindFact(profile, "end"); side.state == "ended" && end && *end != "exited 0") {
    messages.Note(who + " " + OneLine(*end) + ": this is what its log holds");
  } else if (side.state == "unseen") {
    messages.Note(
        who + " runs in a container that cannot be seen from here, or was killed there: this is what its log holds");
  }
}

void NoteLostConnections(std::int64_t connections, const std::string& name, const Messages& messages) {
  if (connections <= 0) return;
  messages.Note(name + ": " + support::FormatCount(connections) +
                (connections == 1 ? " MQTT connection" : " MQTT connections") +
                " could not be followed, so what they caused has no mqtt_ labels; all values are complete");
}

support::Result<Input> LoadInput(const std::string& new_target, const std::string& base_target,
                                 const LoadOptions& loading, const SelectionOptions& selection,
                                 const Messages& messages) {
  Input input;
  input.new_name = new_target;
  input.base_name = base_target;
  if (!base_target.empty()) {
    support::Result<profile::Profile> base = Load(base_target, loading, messages, input.label_keys);
    if (!base) return std::move(base).error();
    input.base = std::move(base).value();
  }
  support::Result<profile::Profile> newer = Load(new_target, loading, messages, input.label_keys);
  if (!newer) return std::move(newer).error();
  input.newer = std::move(newer).value();
  if (input.base) profile::UnifyNames(*input.base, input.newer);
  support::Result<analysis::WrapperList> wrappers = selection.Wrappers();
  if (!wrappers) return std::move(wrappers).error();
  input.wrappers = std::move(wrappers).value();
  // All callers of a layer tell it, not only those that are selected.
  std::vector<const profile::Profile*> sides = {&input.newer};
  if (input.base) sides.push_back(&*input.base);
  input.wrappers.Add(analysis::FindAllocationLayers(sides, input.wrappers));
  if (const support::Status selected = Select(selection, input.newer); !selected) return selected.error();
  if (input.base) {
    if (const support::Status selected = Select(selection, *input.base); !selected) return selected.error();
  }
  input.filter = selection.filter();
  input.carried.selecting = selection.Words();
  input.carried.loading = loading.Words();
  if (!input.base) {
    // Of a process that was gone when its snapshot was taken there is no second one.
    const std::string state = analysis::DescribeSide(input.newer).state;
    const bool is_over = !state.empty() && state != "unseen";
    input.later = is_over ? reports::Later::kNever : WhenLater(loading.State(new_target));
  }
  if (const support::Status types = CheckSampleTypes(input, selection.sample_type()); !types) return types.error();
  if (input.base) NoteUnlikeSides(input, messages);
  NoteUnknownLabelFrames(input, selection.label_frames(), messages);
  for (const auto* labels : {&selection.label_frames().roots, &selection.label_frames().leaves}) {
    for (const std::string& label : *labels) NoteMissingLabels(input, label, selection.sample_type(), messages);
  }
  return input;
}

support::Result<analysis::SiteTable> MakeTable(const Input& input, const SelectionOptions& selection,
                                               const RowOptions& rows, const Messages& messages) {
  const support::Result<analysis::SiteOptions> options = rows.ForSites(selection.sample_type());
  if (!options) return options.error();
  support::Result<analysis::SiteTable> table =
      input.base ? analysis::DiffSites(*input.base, input.newer, input.wrappers, options.value())
                 : analysis::TopSites(input.newer, input.wrappers, options.value());
  if (table && input.base) {
    support::Result<std::vector<analysis::OtherGrowth>> others =
        analysis::GrowthOfOtherTypes(*input.base, input.newer, input.wrappers, table->value_type.type);
    if (!others) return others.error();
    table->also_grew = std::move(others).value();
    if (table->value_type.type == profile::kInuseSpace && table->granularity == analysis::Granularity::kFunction) {
      const auto steady = analysis::SteadyByGenerations(*input.base, input.newer, input.wrappers, *table);
      if (steady) table->forecast = analysis::MakeForecast(*steady, table->base, table->newer);
    }
  }
  if (table) verdicts::JudgeRows(input.base_or_null(), input.newer, input.wrappers, input.expectations, *table);
  if (table && table->sites.empty()) {
    NoteWhereValuesAre(input, table.value(), messages);
  } else if (table && !options->label.empty()) {
    NoteWhichLabelsThereAre(input, options->label, "to group by", messages);
    NoteMissingLabels(input, options->label, table->value_type.type, messages);
  } else if (table && !selection.label_frames().roots.empty() && !rows.shows_stacks()) {
    messages.Note(
        "--tag-root shows in stacks: add --stacks or --granularity stack; for one row a value there is --group-by " +
        selection.label_frames().roots.front());
  }
  return table;
}

std::string RenderTable(const analysis::SiteTable& table, const Input& input, const RowOptions& rows,
                        const std::string& format, bool to_standard_output) {
  reports::TableOptions options;
  options.rows = rows.rows();
  options.stacks = rows.stacks();
  options.all_frames = rows.all_frames();
  options.base_name = input.base_name;
  options.new_name = input.new_name;
  options.filter = input.filter;
  options.carried = input.carried;
  options.carried.grouping = rows.Words();
  options.later = input.later;
  const reports::TableFormat& wanted = reports::FindTableFormat(format);
  const bool to_terminal = to_standard_output && wanted.for_terminal;
  options.colour = to_terminal && ColourWanted();
  options.width_columns = to_terminal ? TerminalColumns() : 0;
  std::string text = wanted.render(table, options);
  return to_standard_output && wanted.for_terminal ? support::ForLocale(std::move(text)) : text;
}

}  // namespace mqtrack::cli
