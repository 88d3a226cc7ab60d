#include "cli/serving/live_pages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "cli/serving/holder_views.h"
#include "cli/serving/look_desk.h"
#include "cli/serving/moment_views.h"
#include "libtrack/history/chart_points.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/verdicts/verdict.h"

namespace mqtrack::cli {

extern const std::string_view kLivePageDocument, kLivePageScript, kLivePageStyle;

namespace {

using http::Request;
using http::Response;
using nlohmann::ordered_json;

constexpr std::size_t kMostPoints = 1000, kFewestPoints = 100;  // of a chart; of one recording in it

constexpr char kPagePolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-src "
    "'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

Response Document() {
  return Fresh("text/html; charset=utf-8", std::string(kLivePageDocument))
      .Add("Content-Security-Policy", kPagePolicy)
      .Add("Referrer-Policy", "no-referrer");
}

Response Json(const ordered_json& document) {
  return Fresh("application/json", document.dump(-1, ' ', false, ordered_json::error_handler_t::replace));
}

/// How many places have each verdict; null where nothing was judged yet.
ordered_json VerdictCounts(const service::Target& target, const service::Shown& shown) {
  if (shown.history == nullptr) return nullptr;
  const auto judged = shown.history->JudgedOf(service::SeriesKeyOf(target));
  if (!judged || !judged->problem.empty()) return nullptr;
  ordered_json counts = ordered_json::object();
  for (std::size_t i = 0; i < verdicts::kVerdicts; ++i) {
    const auto verdict = static_cast<verdicts::Verdict>(i);
    counts[std::string(verdicts::VerdictName(verdict))] = judged->diagnosis.Count(verdict);
  }
  return counts;
}

Response Processes(const service::Shown& shown) {
  ordered_json list = ordered_json::array();
  std::set<history::SeriesKey> listed;
  std::set<std::string> names, seen;
  for (const service::Target& target : shown.targets.List()) {
    const log::LogFacts& facts = target.process.facts;
    listed.insert(service::SeriesKeyOf(target));
    names.insert(target.name);
    list.push_back({{"name", target.name},
                    {"pid", target.process.Pid()},
                    {"state", process::StateName(process::StateOf(target.process))},
                    {"is_up", target.IsUp()},
                    {"mode", facts.mode == log::Mode::kSampled ? "sampled" : "exact"},
                    {"since_unix_ms", facts.started_unix_ns / 1'000'000},
                    {"losses", facts.TotalLosses()},
                    {"verdicts", VerdictCounts(target, shown)}});
  }
  const auto known = shown.history == nullptr ? std::vector<history::SeriesKey>() : shown.history->Services();
  for (const history::SeriesKey& key : known) {
    // As HistoryKeeper::Find takes it: the newest of its name, whether it runs or not, goes by that alone.
    const bool is_newest = seen.insert(key.name).second;
    if (listed.contains(key)) continue;
    const bool has_name = is_newest && names.insert(key.name).second;
    const std::string name = has_name ? key.name : key.name + "-" + std::to_string(key.pid);
    list.push_back({{"name", name}, {"pid", key.pid}, {"state", "gone"}, {"is_up", false}});
  }
  return Json({{"processes", list}});
}

/// Sample types with their words: what the charts are called.
ordered_json Types() {
  ordered_json types = ordered_json::array();
  for (const std::string& type : profile::RecordedTypes()) {
    types.push_back({{"type", type},
                     {"unit", profile::WithUnit(type).unit},
                     {"words", profile::TypeWords(type)},
                     {"is_cumulative", log::IsCumulative(profile::SampleKindOf(type).measure)}});
  }
  return types;
}

Response History(const Subject& subject, const service::Shown& shown) {
  ordered_json courses = ordered_json::array();
  const auto known = shown.history == nullptr ? std::vector<service::HistoryKeeper::Course>()
                                              : shown.history->CoursesOf(subject.series);
  std::size_t all = 0;
  for (const service::HistoryKeeper::Course& course : known) all += course.totals.size();
  for (const service::HistoryKeeper::Course& course : known) {
    ordered_json totals = ordered_json::array();
    // Each recording has its share of what a chart can show.
    const std::size_t share =
        std::max(kFewestPoints, kMostPoints * course.totals.size() / std::max<std::size_t>(1, all));
    for (const history::Totals& moment : history::ChartPoints(course.totals, share)) {
      ordered_json values = ordered_json::object();
      for (const auto& [name, value] : moment.values) values[name] = value;
      totals.push_back({{"t", moment.time}, {"v", values}});
    }
    courses.push_back({{"pid", course.key.pid},
                       {"started_unix_ms", course.key.started_seconds * 1000},
                       {"totals", totals},
                       {"snapshots", course.snapshots}});
  }
  return Json({{"name", subject.name},
               {"has_history", shown.history != nullptr},
               {"is_up", subject.target && subject.target->IsUp()},
               {"types", Types()},
               {"recordings", courses}});
}

class LivePages final : public service::Pages {
 public:
  explicit LivePages(symbolize::SourceOptions sources)
      : sources_(std::move(sources)), desk_(std::make_unique<LookDesk>()) {}

  std::optional<Response> Show(const Request& request, const service::Shown& shown) const override {
    if (request.path == "/") return Document();
    if (request.path == "/page.js") return Fresh("text/javascript; charset=utf-8", std::string(kLivePageScript));
    if (request.path == "/page.css") return Fresh("text/css; charset=utf-8", std::string(kLivePageStyle));
    if (request.path == "/api/processes") return Processes(shown);
    const std::size_t slash = request.path.find('/', 1);
    const std::optional<Subject> subject =
        Find(request.path.substr(1, slash == std::string::npos ? slash : slash - 1), shown);
    if (!subject) return std::nullopt;
    if (slash == std::string::npos) {
      Response moved{301, {}, ""};
      return moved.Add("Location", request.target.substr(0, request.target.find('?')) + "/");
    }
    const std::string view = request.path.substr(slash + 1);
    if (view.empty()) return Document();
    if (view == "api/history") return History(*subject, shown);
    if (auto holders = ShowHolders(request, view, *subject, shown, *desk_)) return holders;
    return ShowMoment(request, view, *subject, shown, sources_);
  }

 private:
  static std::optional<Subject> Find(const std::string& name, const service::Shown& shown) {
    if (std::optional<service::Target> target = shown.targets.Find(name)) {
      return Subject{name, service::SeriesKeyOf(*target), std::move(target)};
    }
    const auto known = shown.history == nullptr ? std::nullopt : shown.history->Find(name);
    return known ? std::optional(Subject{name, *known, std::nullopt}) : std::nullopt;
  }

  symbolize::SourceOptions sources_;
  std::unique_ptr<LookDesk> desk_;
};

}  // namespace

std::shared_ptr<const service::Pages> MakeLivePages(symbolize::SourceOptions sources) {
  return std::make_shared<const LivePages>(std::move(sources));
}

}  // namespace mqtrack::cli
