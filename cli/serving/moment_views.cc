#include "cli/serving/moment_views.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "cli/serving/code_views.h"
#include "cli/serving/moments.h"
#include "libtrack/analysis/thread_groups.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/support/units.h"
#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/diagnosis/diagnosis_page.h"
#include "reports/flame/flame_svg.h"
#include "reports/text/thread_dump_json.h"

namespace mqtrack::cli {
namespace {

using http::Request;
using http::Response;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::chrono::seconds kLayoutLimit{10};
const std::set<std::string> kOfMoments = {"api/owners", "api/source", "api/top",
                                          "flame.svg",  "graph.svg",  "snapshot.pb.gz"};
/// Of documents with scripts and styles of their own: they run, and fetch nothing.
constexpr char kPicturePolicy[] =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; frame-src data:; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'";

Response Picture(const char* type, std::string body) {
  return Fresh(type, std::move(body)).Add("Content-Security-Policy", kPicturePolicy);
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
    case ErrorCode::kCannotMeasure:
      return http::ErrorResponse(409, error.ToString());
    default:
      return http::ErrorResponse(500, error.ToString());
  }
}

std::optional<Response> ShowMoment(const Request& request, const std::string& view, const Subject& subject,
                                   const service::Shown& shown, const symbolize::SourceOptions& sources) {
  if (view == "api/threads") return Threads(subject, shown);
  if (view == "diagnosis.html") return Diagnosis(subject, shown);
  if (!kOfMoments.contains(view)) return std::nullopt;
  const Result<Moments> moments = LoadMoments(request, subject, shown);
  if (!moments) return FailedView(moments.error());
  if (view == "api/top") {
    Result<std::string> table = SitesOf(*moments, {});
    return table ? Fresh("application/json", *std::move(table)) : FailedView(table.error());
  }
  if (view == "api/owners") return OwnersOf(*moments);
  if (view == "api/source") return SourceOf(request, *moments, sources);
  if (view == "flame.svg") return Flame(*moments, request);
  if (view == "graph.svg") return Graph(*moments);
  return File(moments->newer, subject);
}

}  // namespace mqtrack::cli
