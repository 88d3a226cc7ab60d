#include "libtrack/service/metrics_page.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "libtrack/figures/process_figures.h"

namespace mqtrack::service {
namespace {

constexpr double kNanosPerSecond = 1e9;

/// Weight (RFC 9110, 12.4.2) of one element of Accept, such as "text/plain;version=0.0.4;q=0.5".
double WeightOf(std::string_view element) {
  const std::size_t at = element.find("q=");
  if (at == std::string_view::npos || at == 0 || (element[at - 1] != ';' && element[at - 1] != ' ')) return 1;
  return std::strtod(std::string(element.substr(at + 2)).c_str(), nullptr);
}

figures::Figures OwnFigures(const Shown& shown, const http::ServerCounts& connections,
                            const std::map<int, std::uint64_t>& statuses) {
  figures::Figures own;
  for (const auto& [status, count] : statuses) {
    own.Add("mqtrack_serve_requests", static_cast<double>(count), {{"code", std::to_string(status)}});
  }
  own.Add("mqtrack_serve_connections", static_cast<double>(connections.connections.load()));
  own.Add("mqtrack_serve_refused_connections", static_cast<double>(connections.refused.load()));
  own.Add("mqtrack_serve_snapshots", static_cast<double>(shown.desk.counts().taken.load()));
  own.Add("mqtrack_serve_snapshot_seconds",
          static_cast<double>(shown.desk.counts().nanoseconds.load()) / kNanosPerSecond);
  own.Add("mqtrack_serve_deltas", static_cast<double>(shown.desk.counts().deltas.load()));
  if (shown.history != nullptr) shown.history->AddOwnFigures(own);
  figures::AddOwnUsage(own);
  return own;
}

}  // namespace

figures::Exposition ChooseExposition(std::string_view accept) {
  double open = -1, plain = -1;
  while (!accept.empty()) {
    const std::string_view element = accept.substr(0, accept.find(','));
    accept.remove_prefix(element.size() == accept.size() ? element.size() : element.size() + 1);
    double* kind = element.find("application/openmetrics-text") != std::string_view::npos ? &open : &plain;
    *kind = std::max(*kind, WeightOf(element));
  }
  return open > 0 && open >= plain ? figures::Exposition::kOpenMetrics : figures::Exposition::kPrometheus;
}

http::Response MetricsPage(const http::Request& request, const Shown& shown, const http::ServerCounts& connections,
                           const std::map<int, std::uint64_t>& statuses) {
  std::vector<figures::TargetFigures> all;
  for (const Target& target : shown.targets.List()) {
    if (!target.IsUp()) continue;
    all.push_back({target.name, shown.desk.Figures(target)});
    if (shown.history != nullptr) shown.history->AddFigures(target, all.back().figures);
  }
  for (const std::string& name : shown.targets.Missing()) {
    figures::Figures missing;
    missing.Add("mqtrack_up", 0);
    all.push_back({name, std::move(missing)});
  }
  all.push_back({"", OwnFigures(shown, connections, statuses)});
  const figures::Exposition format = ChooseExposition(request.Header("accept"));
  http::Response response{200, {}, figures::RenderExposition(all, format)};
  return response.Add("Content-Type", std::string(figures::ContentType(format)))
      .Add("X-Content-Type-Options", "nosniff")
      .Add("Vary", "Accept");
}

}  // namespace mqtrack::service
