#include "reports/text/next_step.h"

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/sites.h"
#include "reports/words/filter_words.h"
#include "reports/words/wording.h"

namespace mqtrack::reports {
namespace {

using analysis::Site;
using analysis::SiteTable;

/// A later command can read it again. Standard input cannot be.
bool CanBeNamed(const std::string& name) { return !name.empty() && name != "-"; }

/// Libraries make tables at first use, and these come first in the first comparison of a young process. Whether a row
/// is such a table cannot be known; that nothing of it was there before, and that it lies in a library, can.
std::string WarmUpHint(const SiteTable& table, const TableOptions& options) {
  if (table.granularity == analysis::Granularity::kLabel || table.sites.empty()) return {};
  const Site& first = table.sites.front();
  if (first.base_value != 0 || first.base_objects != 0 || first.growth() <= 0) return {};
  if (first.module.empty() || first.module == table.newer.program || first.module.find(".so") == std::string::npos) {
    return {};
  }
  return "Nothing of " + analysis::Printable(first.function) + (options.filter.empty() ? "" : " that matches") +
         " was there in " + ShellWord(options.base_name) + ", and it is in a library (" +
         analysis::Printable(first.module) +
         "): that may be a table made once, at first use. A base taken after some traffic leaves these out.\n";
}

/// False of what has been done or changed: processor time, waiting for locks, a difference.
bool GrowsByLeaking(const SiteTable& table) {
  const std::string& type = table.value_type.type;
  return !table.holds_changes && type != "samples" && type != "cpu" && type != "contentions" && type != "delay";
}

/// What rows by a label are in a picture: the label's values below the root.
std::string GroupingOfPictures(const SiteTable& table, const TableOptions& options) {
  const bool has_roots = options.carried.selecting.find("--tag-root") != std::string::npos;
  if (table.granularity != analysis::Granularity::kLabel || table.label.empty() || has_roots) return {};
  return " " + OptionWords("--tag-root", table.label);
}

std::string AfterTop(const TableOptions& options) {
  const CarriedOptions& carried = options.carried;
  const std::string name = ShellWord(options.new_name), loading = carried.loading + "\n";
  const std::string diff = carried.selecting + carried.grouping + loading;
  switch (options.later) {
    case Later::kOtherFile:
      return "Big is not leaking: take a second snapshot after some traffic, then  mqtrack diff " + name + " LATER" +
             diff;
    case Later::kSameTarget:
      // What runs is always the later side: named as OLD, it would be compared with its own past.
      return "Big is not leaking: take a snapshot now, and see after some traffic what grew since:\n"
             "  mqtrack snapshot " +
             name + " -o before.pb.gz" + loading + "  mqtrack diff before.pb.gz " + name + diff;
    case Later::kNever:
      break;
  }
  return {};
}

}  // namespace

std::string NextStep(const SiteTable& table, const TableOptions& options) {
  if (table.sites.empty() || !CanBeNamed(options.new_name)) return {};
  if (!table.is_diff) return GrowsByLeaking(table) ? AfterTop(options) : std::string();
  if (!CanBeNamed(options.base_name)) return {};
  return WarmUpHint(table, options) + "Next:  mqtrack report " + ShellWord(options.new_name) + " --base " +
         ShellWord(options.base_name) + options.carried.selecting + GroupingOfPictures(table, options) +
         options.carried.loading + " --format flame -o leak.svg\n";
}

}  // namespace mqtrack::reports
