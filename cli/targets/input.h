// The profiles a verb compares or shows, and what a user should know about them before trusting a number.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "cli/messages.h"
#include "cli/options/profile_options.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/verdicts/expectations.h"
#include "reports/text/table_options.h"

namespace mqtrack::cli {

/// A profile, and optionally the one it is compared with; both as selected by the options.
struct Input {
  profile::Profile newer;
  std::optional<profile::Profile> base;
  std::string new_name, base_name;                    // as the user wrote them
  profile::Filter filter = {};                        // not empty: only a selection of what the files hold
  reports::CarriedOptions carried = {};               // selecting and loading, for commands that are recommended
  reports::Later later = reports::Later::kOtherFile;  // found out where there is no base
  std::set<std::string> label_keys = {};              // of both sides, before the selection
  verdicts::Expectations expectations = {};           // of growth
  analysis::WrapperList wrappers = {};                // with the allocation layers of both sides
  [[nodiscard]] const profile::Profile* base_or_null() const { return base ? &*base : nullptr; }
};

/// Loads `new_target`, and `base_target` if it is not empty, and applies the selection to both. Warns about losses.
[[nodiscard]] support::Result<Input> LoadInput(const std::string& new_target, const std::string& base_target,
                                               const LoadOptions& loading, const SelectionOptions& selection,
                                               const Messages& messages);

/// The rows of the input: TopSites, or DiffSites if there is a base. Says on stderr what else there is to look at when
/// there are none.
[[nodiscard]] support::Result<analysis::SiteTable> MakeTable(const Input& input, const SelectionOptions& selection,
                                                             const RowOptions& rows, const Messages& messages);

/// Prints a warning if events are missing from `profile`, called `name`.
void WarnAboutLosses(const profile::Profile& profile, const std::string& name, const Messages& messages);

/// Prints a warning if most stacks of `profile`, called `name`, are one frame deep.
void WarnAboutShallowStacks(const profile::Profile& profile, const std::string& name, const Messages& messages);

/// Prints a warning if blocks of `profile` were made or freed past the recorder, so that the heap is not known.
void WarnAboutUnseen(const profile::Profile& profile, const std::string& name, const Messages& messages);
/// As facts of a log: `frees` that were noticed, and a `call` of an allocator's own function, which may be empty.
void WarnAboutUnseen(std::int64_t frees, const std::string& call, const std::string& name, const Messages& messages);
/// What it says of a file's call of an allocator's own function ("mallocx in bridge").
[[nodiscard]] std::string UnseenCallWarning(const std::string& call);

/// Says that packets of some connections have no labels, if that is so: nothing is missing from the values.
void NoteLostConnections(std::int64_t connections, const std::string& name, const Messages& messages);

/// Says it if the process of `profile` was not alive any more, or recorded no more, when it was taken.
void NoteState(const profile::Profile& profile, const Messages& messages);

/// The table in one of reports::TableFormats; coloured and cut to the terminal's width when `to_terminal` allows.
[[nodiscard]] std::string RenderTable(const analysis::SiteTable& table, const Input& input, const RowOptions& rows,
                                      const std::string& format, bool to_standard_output);

}  // namespace mqtrack::cli
