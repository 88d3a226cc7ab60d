#include "libtrack/service/pprof/profile_views.h"

#include <algorithm>
#include <vector>

#include "libtrack/profile/fact.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/profile/select_columns.h"

namespace mqtrack::service {
namespace {

using profile::Profile;
using support::Result;

/// `types` of the profile, in this order, without labels; equal stacks become one.
Result<Profile> Select(const Profile& from, const std::vector<std::string_view>& types) {
  std::vector<std::size_t> columns;
  for (const std::string_view type : types) {
    const Result<std::size_t> column = profile::FindSampleType(from, std::string(type));
    if (!column) return column.error();
    columns.push_back(*column);
  }
  return profile::SelectColumns(from, columns, {});
}

Result<Profile> SelectThreads(const Profile& from, std::string_view name) {
  Result<Profile> view = Select(from, {profile::kThreads});
  if (!view) return view;
  view->sample_types[0].type = name;
  view->default_sample_type = name;
  view->period_type = view->sample_types[0];
  view->period = 1;
  return view;
}

}  // namespace

Result<Profile> HeapView(const Profile& snapshot, std::string_view default_type) {
  Result<Profile> view =
      Select(snapshot, {profile::kAllocObjects, profile::kAllocSpace, profile::kInuseObjects, profile::kInuseSpace});
  if (view) view->default_sample_type = default_type;
  return view;
}

Result<Profile> ThreadCreateView(const Profile& snapshot) { return SelectThreads(snapshot, kThreadCreate); }

Result<Profile> GoroutineView(const Profile& dump) { return SelectThreads(dump, profile::kGoroutine); }

Result<Profile> DeltaView(const Profile& newer, const Profile& base) {
  Result<Profile> delta = profile::Subtract(newer, base);
  if (!delta) return delta;
  delta->time_nanos = newer.time_nanos;
  delta->duration_nanos = newer.time_nanos - base.time_nanos;
  return delta;
}

}  // namespace mqtrack::service
