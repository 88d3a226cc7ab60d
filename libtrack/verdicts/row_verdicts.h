// Verdicts for the rows of a table: what two snapshots, or one with generations, say of them.
#pragma once

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/profile.h"
#include "libtrack/verdicts/expectations.h"

namespace mqtrack::verdicts {

/// Sets Site::verdict of the rows of `table`, and of what also grew, where it can be told: rows by function, of sample
/// types that tell growth. With a base, the two must be of one recording; the table must compare them, and its rows are
/// put in order: what has to be mended first, and state last. Without, `newer` must have generations enough
/// (survivors.h), and the rows stay as they are.
void JudgeRows(const profile::Profile* base, const profile::Profile& newer, const analysis::WrapperList& wrappers,
               const Expectations& expectations, analysis::SiteTable& table);

}  // namespace mqtrack::verdicts
