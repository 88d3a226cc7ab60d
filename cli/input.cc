#include "cli/input.h"

#include <utility>
#include <vector>

#include "cli/nearest.h"
#include "cli/output.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/operations.h"
#include "libtrack/support/units.h"
#include "reports/text/tables.h"

namespace mqtrack::cli {
namespace {

support::Result<profile::Profile> LoadSelected(const std::string& target, const LoadOptions& loading,
                                               const SelectionOptions& selection, const Messages& messages) {
  support::Result<profile::Profile> loaded = loading.Load(target);
  if (!loaded) return loaded;
  WarnAboutLosses(loaded.value(), target, messages);
  return selection.Apply(std::move(loaded).value());
}

/// A profile of a Go service opens on memory; one of goroutines has none. Says which types have values.
void NoteWhereValuesAre(const Input& input, const analysis::SiteTable& table, const Messages& messages) {
  std::vector<std::string> types;
  for (std::size_t i = 0; i < input.newer.sample_types.size(); ++i) {
    if (profile::Total(input.newer, i) != 0) types.push_back(input.newer.sample_types[i].type);
  }
  const std::string what = "nothing to show for " + table.value_type.type;
  if (types.empty()) {
    messages.Note(what + "; " + input.new_name + " has no values of any sample type");
  } else if (table.is_diff) {
    messages.Note(what + ": it is the same on both sides; other sample types for --by: " + Join(types));
  } else {
    messages.Note(what + "; there are values for --by " + Join(types));
  }
}

}  // namespace

void WarnAboutLosses(const profile::Profile& profile, const std::string& name, const Messages& messages) {
  const analysis::Side side = analysis::DescribeSide(profile);
  if (side.losses == 0) return;
  std::string text = name + ": ";
  if (side.losses < 0) {
    text += "its count of lost events cannot be read, so values may be too low";
  } else {
    text += "the recorder lost " + support::FormatCount(side.losses) + (side.losses == 1 ? " event" : " events") +
            (side.lost_bytes > 0 ? " (" + support::FormatBytes(side.lost_bytes) + ")" : "") + ", so values are too low";
  }
  messages.Warn(text + "; record again with more room (mqtrack run --log-limit, or a larger /dev/shm)");
}

support::Result<Input> LoadInput(const std::string& new_target, const std::string& base_target,
                                 const LoadOptions& loading, const SelectionOptions& selection,
                                 const Messages& messages) {
  Input input;
  input.new_name = new_target;
  input.base_name = base_target;
  if (!base_target.empty()) {
    support::Result<profile::Profile> base = LoadSelected(base_target, loading, selection, messages);
    if (!base) return std::move(base).error();
    input.base = std::move(base).value();
  }
  support::Result<profile::Profile> newer = LoadSelected(new_target, loading, selection, messages);
  if (!newer) return std::move(newer).error();
  input.newer = std::move(newer).value();
  return input;
}

support::Result<analysis::SiteTable> MakeTable(const Input& input, const SelectionOptions& selection,
                                               const RowOptions& rows, const Messages& messages) {
  const support::Result<analysis::SiteOptions> options = rows.ForSites(selection.sample_type());
  if (!options) return options.error();
  const support::Result<analysis::WrapperList> wrappers = selection.Wrappers();
  if (!wrappers) return wrappers.error();
  support::Result<analysis::SiteTable> table =
      input.base ? analysis::DiffSites(*input.base, input.newer, wrappers.value(), options.value())
                 : analysis::TopSites(input.newer, wrappers.value(), options.value());
  if (table && table->sites.empty()) NoteWhereValuesAre(input, table.value(), messages);
  return table;
}

std::string RenderTable(const analysis::SiteTable& table, const Input& input, const RowOptions& rows,
                        const std::string& format, bool to_standard_output) {
  reports::TableOptions options;
  options.rows = rows.rows();
  options.stacks = rows.stacks();
  options.base_name = input.base_name;
  options.new_name = input.new_name;
  if (format == "json") return reports::RenderJson(table, options);
  if (format == "markdown") return reports::RenderMarkdown(table, options);
  options.colour = to_standard_output && ColourWanted();
  options.width_columns = to_standard_output ? TerminalColumns() : 0;
  return reports::RenderText(table, options);
}

}  // namespace mqtrack::cli
