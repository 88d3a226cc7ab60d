#include "cli/targets/base_folder.h"

#include <utility>

#include "cli/targets/gate_targets.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/fact.h"

namespace mqtrack::cli {

using support::Result;

Result<BaseFolder> BaseFolder::Load(const std::string& folder, const LoadOptions& loading) {
  const Result<std::vector<std::string>> files = GateTargets({folder}, loading.ForLooking().log_dir);
  if (!files) return files.error();
  BaseFolder base;
  for (const std::string& file : *files) {
    Result<profile::Profile> loaded = loading.Load(file);
    if (!loaded) return loaded.error();
    Entry entry{file, analysis::DescribeSide(*loaded).program, profile::FindFact(*loaded, "command").value_or(""), {}};
    entry.profile = std::move(loaded).value();
    base.entries_.push_back(std::move(entry));
  }
  return base;
}

BaseFolder::Entry* BaseFolder::Take(const profile::Profile& newer) {
  const std::string program = analysis::DescribeSide(newer).program;
  const std::string command = profile::FindFact(newer, "command").value_or("");
  Entry* like = nullptr;
  for (Entry& entry : entries_) {
    if (entry.taken || entry.program != program) continue;
    const bool is_same = entry.command == command;
    if (is_same || like == nullptr) like = &entry;
    if (is_same) break;
  }
  if (like != nullptr) like->taken = true;
  return like;
}

profile::Profile NothingLike(const profile::Profile& newer) {
  profile::Profile nothing = newer;
  nothing.samples.clear();
  nothing.comments.clear();  // it is of no process, and of no time
  nothing.time_nanos = nothing.duration_nanos = 0;
  return nothing;
}

}  // namespace mqtrack::cli
