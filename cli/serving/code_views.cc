#include "cli/serving/code_views.h"

#include <set>
#include <string>
#include <utility>

#include "cli/looking/function_sources.h"
#include "cli/serving/moment_views.h"
#include "libtrack/analysis/code/source_lines.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/profile/merge.h"
#include "libtrack/support/display_name.h"
#include "reports/code/listing_json.h"

namespace mqtrack::cli {
namespace {

using http::Request;
using http::Response;
using support::Result;

constexpr std::size_t kFunctions = 3;
constexpr symbolize::SourceBounds kBounds{500, std::uint64_t{16} << 20, std::chrono::seconds(3)};

std::string LabelFor(const Moments& moments) {
  std::set<std::string> keys = profile::LabelKeys(moments.newer);
  if (moments.base) keys.merge(profile::LabelKeys(*moments.base));
  for (const std::string& key : {std::string(profile::kOwnerLabel), std::string("mqtt_client")}) {
    if (keys.contains(key)) return key;
  }
  return {};
}

}  // namespace

Response OwnersOf(const Moments& moments) {
  const std::string label = LabelFor(moments);
  if (label.empty()) return Fresh("application/json", "{\"label\":null}");
  const Result<std::string> table =
      SitesOf(moments, {.sample_type = {}, .granularity = analysis::Granularity::kLabel, .label = label});
  if (!table) return FailedView(table.error());
  return Fresh("application/json", "{\"label\":\"" + label + "\",\"table\":" + *table + "}");
}

Response SourceOf(const Request& request, const Moments& moments, symbolize::SourceOptions sources) {
  const std::string function = request.Query("function").value_or("");
  const Result<analysis::FunctionPattern> pattern = analysis::FunctionPattern::Exactly(function);
  if (!pattern) return FailedView(pattern.error());
  profile::Profile changed;
  if (moments.base) {
    Result<profile::Profile> change = profile::Subtract(moments.newer, *moments.base);
    if (!change) return FailedView(change.error());
    changed = *std::move(change);
  }
  const profile::Profile& looked_at = moments.base ? changed : moments.newer;
  const Result<analysis::SourceLines> lines = analysis::LinesOfFunctions(looked_at, *pattern, moments.type);
  if (!lines) return FailedView(lines.error());
  if (lines->functions.empty())
    return FailedView({support::ErrorCode::kNotFound, "has no value here", support::DisplayName(function)});
  reports::CodeOptions options;
  options.functions = kFunctions;
  options.new_name = moments.new_name;
  options.base_name = moments.base_name;
  options.pattern = function;
  sources.bounds = kBounds;
  sources.below_folders_only = true;  // the recorded process has named the file, and its page is shown to others
  symbolize::SourceFinder finder(std::move(sources));
  const auto found = FindSources(*lines, options.functions, moments.newer.time_nanos, finder);
  return Fresh("application/json", reports::RenderListingJson(*lines, found, options));
}

}  // namespace mqtrack::cli
