#include "cli/serving/moment_views.h"

#include <algorithm>
#include <chrono>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/side.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/analysis/thread_groups.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/support/units.h"
#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/diagnosis/diagnosis_page.h"
#include "reports/flame/flame_svg.h"
#include "reports/text/json_table.h"
#include "reports/text/thread_dump_json.h"

namespace mqtrack::cli {
namespace {

using http::Request;
using http::Response;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::size_t kRows = 100;
constexpr std::chrono::seconds kLayoutLimit{10};
/// Of documents with scripts and styles of their own: they run, and fetch nothing.
constexpr char kPicturePolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

/// What is looked at.
struct Moments {
  profile::Profile newer;
  std::optional<profile::Profile> base;
  std::string new_name, base_name, type;
  analysis::WrapperList wrappers;
  [[nodiscard]] const profile::Profile* base_or_null() const { return base ? &*base : nullptr; }
};

/// What a parameter says: a time of the history; 0: now.
Result<history::UnixMillis> ParseMoment(const std::string& text) {
  if (text.empty() || text == "now") return history::UnixMillis{0};
  const Result<std::int64_t> millis = support::ParseCount(text);
  if (millis && *millis > 0 && *millis <= history::kLatestMoment) return *millis;
  return Error{ErrorCode::kBadInput, "is no time of a snapshot", text.substr(0, 40)};
}

Result<profile::Profile> LoadMoment(history::UnixMillis time, const Subject& subject, const service::Shown& shown) {
  if (time == 0) {
    if (!subject.target) return Error{ErrorCode::kNotFound, "the process is gone, and its log too", subject.name};
    const Result<service::SharedProfile> now = shown.desk.Heap(*subject.target, shown.desk.Recent());
    if (!now) return now.error();
    return profile::Profile(**now);
  }
  if (shown.history == nullptr) return Error{ErrorCode::kNotFound, "no history is kept", subject.name};
  return shown.history->Load(subject.series, time);
}

std::string MomentName(history::UnixMillis time) { return time == 0 ? "now" : support::FormatUtc(time * 1'000'000); }

Result<Moments> LoadMoments(const Request& request, const Subject& subject, const service::Shown& shown) {
  Moments moments;
  const std::string base = request.Query("base").value_or("");
  const Result<history::UnixMillis> at = ParseMoment(request.Query("at").value_or("")), from = ParseMoment(base);
  if (!at) return at.error();
  if (!from) return from.error();
  moments.type = request.Query("by").value_or("");
  moments.new_name = MomentName(*at);
  Result<profile::Profile> newer = LoadMoment(*at, subject, shown);
  if (!newer) return newer.error();
  moments.newer = *std::move(newer);
  Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load();
  if (!wrappers) return wrappers.error();
  moments.wrappers = *std::move(wrappers);
  std::vector<const profile::Profile*> both = {&moments.newer};
  if (!base.empty()) {
    Result<profile::Profile> older = LoadMoment(*from, subject, shown);
    if (!older) return older.error();
    moments.base = *std::move(older);
    moments.base_name = MomentName(*from);
    const std::string why =
        analysis::WhyNotComparable(analysis::DescribeSide(*moments.base), analysis::DescribeSide(moments.newer));
    if (!why.empty()) return Error{ErrorCode::kBadInput, why, subject.name};
    profile::UnifyNames(*moments.base, moments.newer);
    both.push_back(&*moments.base);
  }
  moments.wrappers.Add(analysis::FindAllocationLayers(both, moments.wrappers));
  return moments;
}

Response Picture(const char* type, std::string body) {
  return Fresh(type, std::move(body)).Add("Content-Security-Policy", kPicturePolicy);
}

Response Table(const Moments& moments) {
  analysis::SiteOptions options;
  options.sample_type = moments.type;
  const auto table = moments.base ? analysis::DiffSites(*moments.base, moments.newer, moments.wrappers, options)
                                  : analysis::TopSites(moments.newer, moments.wrappers, options);
  if (!table) return FailedView(table.error());
  reports::TableOptions rendering;
  rendering.rows = kRows;
  rendering.new_name = moments.new_name;
  rendering.base_name = moments.base_name;
  return Fresh("application/json", reports::RenderJson(*table, rendering));
}

Response Flame(const Moments& moments, const Request& request) {
  reports::FlameOptions options;
  options.sample_type = moments.type;
  constexpr std::int64_t kNarrowest = 300, kWidest = 4000;
  const Result<std::int64_t> width = support::ParseCount(request.Query("width").value_or("1200"));
  if (width) options.width_px = static_cast<int>(std::clamp(*width, kNarrowest, kWidest));
  const auto svg = reports::RenderFlameSvg(moments.newer, moments.base_or_null(), moments.wrappers, options);
  return svg ? Picture("image/svg+xml", *svg) : FailedView(svg.error());
}

Response Graph(const Moments& moments) {
  reports::GraphOptions options;
  options.sample_type = moments.type;
  const auto dot = reports::RenderDot(moments.newer, moments.base_or_null(), moments.wrappers, options);
  if (!dot) return FailedView(dot.error());
  const auto svg = reports::LayOut(*dot, "svg", kLayoutLimit);
  if (svg) return Picture("image/svg+xml", *svg);
  const bool is_late = svg.error().code == ErrorCode::kCannotMeasure;
  return is_late ? http::ErrorResponse(504, svg.error().text) : FailedView(svg.error());
}

Response File(const profile::Profile& profile, const Subject& subject) {
  return Fresh("application/octet-stream", profile::EncodePprof(profile))
      .Add("Content-Disposition", "attachment; filename=\"" + subject.series.name + ".pb.gz\"");
}

Response Threads(const Subject& subject, const service::Shown& shown) {
  if (!subject.target) return FailedView({ErrorCode::kNotFound, "the process does not run", subject.name});
  const Result<service::SharedProfile> dump = shown.desk.Threads(*subject.target, shown.desk.Recent());
  if (!dump) return FailedView(dump.error());
  const auto groups = analysis::GroupThreads(profile::Profile(**dump), subject.name);
  if (!groups) return FailedView(groups.error());
  reports::ThreadDumpOptions options;
  options.name = subject.name;
  return Fresh("application/json", reports::RenderThreadsJson(*groups, options));
}

Response Diagnosis(const Subject& subject, const service::Shown& shown) {
  const auto judged = subject.target && shown.history != nullptr
                          ? shown.history->JudgedOf(service::SeriesKeyOf(*subject.target))
                          : nullptr;
  if (!judged) {
    return FailedView({ErrorCode::kNotFound,
                       "growth is judged by three snapshots of the history, which there are not yet", subject.name});
  }
  if (!judged->problem.empty()) return FailedView({ErrorCode::kNotFound, judged->problem, subject.name});
  reports::DiagnosisOptions options;
  options.name = subject.name;
  options.why_not_looked = "nobody: the server stops no process; ask with mqtrack diagnose " + subject.name;
  options.command = "mqtrack serve";
  return Picture("text/html; charset=utf-8", reports::RenderDiagnosisPage(judged->diagnosis, options));
}

}  // namespace

Response Fresh(const char* type, std::string body) {
  Response response{200, {}, std::move(body)};
  return response.Add("Content-Type", type).Add("X-Content-Type-Options", "nosniff").Add("Cache-Control", "no-store");
}

Response FailedView(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return http::ErrorResponse(404, error.ToString());
    case ErrorCode::kBadInput:
      return http::ErrorResponse(400, error.ToString());
    default:
      return http::ErrorResponse(500, error.ToString());
  }
}

std::optional<Response> ShowMoment(const Request& request, const std::string& view, const Subject& subject,
                                   const service::Shown& shown) {
  if (view == "api/threads") return Threads(subject, shown);
  if (view == "diagnosis.html") return Diagnosis(subject, shown);
  const bool is_known = view == "api/top" || view == "flame.svg" || view == "graph.svg" || view == "snapshot.pb.gz";
  if (!is_known) return std::nullopt;
  const Result<Moments> moments = LoadMoments(request, subject, shown);
  if (!moments) return FailedView(moments.error());
  if (view == "api/top") return Table(*moments);
  if (view == "flame.svg") return Flame(*moments, request);
  if (view == "graph.svg") return Graph(*moments);
  return File(moments->newer, subject);
}

}  // namespace mqtrack::cli
