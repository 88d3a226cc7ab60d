#include "libtrack/service/service.h"

#include "libtrack/figures/exposition.h"
#include "libtrack/service/metrics_page.h"
#include "libtrack/service/pprof/pprof_endpoints.h"
#include "libtrack/service/pprof/pprof_pages.h"
#include "libtrack/support/xml.h"

namespace mqtrack::service {
namespace {

using http::ErrorResponse;
using http::Request;
using http::Response;
using Respond = http::HttpServer::Respond;
using support::Result;

constexpr std::string_view kPprof = "/debug/pprof";
constexpr std::size_t kThreads = 3, kMostWaiting = 64;
constexpr std::chrono::seconds kTickEvery{10};

Response Plain(int status, std::string body) {
  Response response{status, {}, std::move(body)};
  return response.Add("Content-Type", "text/plain; charset=utf-8")
      .Add("X-Content-Type-Options", "nosniff")
      .Add("Cache-Control", "no-store");
}

Response Busy() {
  Response response = ErrorResponse(503, "too many requests are being answered; come back later");
  return response.Add("Retry-After", "2");
}

}  // namespace

Result<std::unique_ptr<Service>> Service::Start(const ServiceOptions& options) {
  std::unique_ptr<Service> service(new Service(options));
  auto server = http::HttpServer::Listen(
      options.http,
      [service = service.get()](const Request& request, Respond respond) { service->Receive(request, respond); });
  if (!server) return server.error();
  service->server_ = *std::move(server);
  if (options.history) {
    auto history = HistoryKeeper::Start(*options.history, service->targets_, service->desk_);
    if (!history) return history.error();
    service->history_ = *std::move(history);
  }
  return service;
}

Service::Service(const ServiceOptions& options)
    : options_(options),
      targets_(options.targets, options.loading.log_dir),
      desk_(options.loading, options.interval),
      pool_(std::make_unique<WorkPool>(kThreads, kMostWaiting)) {}

Service::~Service() { pool_.reset(); }

void Service::Run() {
  server_->At(http::Clock::now() + kTickEvery, [this] { Tick(); });
  server_->Run();
  pool_.reset();
  history_.reset();
}

void Service::Tick() {
  server_->At(http::Clock::now() + kTickEvery, [this] { Tick(); });
  (void)pool_->Post([this] { desk_.Sweep(); });
}

/// On the loop's thread: what needs no look at a process is answered at once, the rest by the pool.
void Service::Receive(const Request& request, const Respond& respond) {
  const Respond counted = [this, respond](Response response) {
    {
      const std::lock_guard lock(statuses_mutex_);
      ++statuses_[response.status];
    }
    respond(std::move(response));
  };
  if (auto refusal = Refuse(request, options_.access)) return counted(*std::move(refusal));
  if (request.path == "/healthz") return counted(Plain(200, "ok\n"));
  if (!pool_->Post([this, request, counted] { Route(request, counted); })) counted(Busy());
}

void Service::Work(SnapshotDesk::Clock::time_point when, std::function<void()> work) {
  server_->At(when, [this, work = std::move(work)] {
    // A client that has waited for so long is not sent away because others wait as well.
    if (!pool_->Post(work)) Work(SnapshotDesk::Clock::now() + std::chrono::milliseconds(100), work);
  });
}

void Service::Route(const Request& request, const Respond& respond) {
  if (request.path == "/metrics") return respond(Metrics(request));
  if (request.path == "/readyz") return respond(Ready());
  if (options_.pages && request.path.find(kPprof) == std::string::npos) {
    const Shown shown{targets_, desk_, history_.get()};
    if (auto page = options_.pages->Show(request, shown)) return respond(*std::move(page));
  }
  RouteTarget(request, respond);
}

void Service::RouteTarget(const Request& request, const Respond& respond) {
  std::optional<Target> target;
  std::string rest = request.path;
  if (rest == kPprof || rest.starts_with(std::string(kPprof) + "/")) {
    target = targets_.Single();
    if (!target) {
      return respond(PprofError(404, "not one process is recorded here but several, or none: /PROCESS/debug/pprof/"));
    }
  } else {
    const std::size_t slash = rest.find('/', 1);
    target = targets_.Find(rest.substr(1, slash == std::string::npos ? slash : slash - 1));
    rest = slash == std::string::npos ? "" : rest.substr(slash);
    if (!target) return respond(ErrorResponse(404, "no recorded process is called that; / lists those there are"));
  }
  if (rest == kPprof) {  // as Go's mux does
    const std::string to = request.target.substr(0, request.target.find('?')) + "/";
    Response moved{301, {}, "<a href=\"" + support::EscapeXml(to) + "\">Moved Permanently</a>.\n\n"};
    return respond(moved.Add("Content-Type", "text/html; charset=utf-8").Add("Location", to));
  }
  if (!rest.starts_with(std::string(kPprof) + "/")) return respond(ErrorResponse(404, "404 page not found"));
  const Surroundings around{desk_, [this](auto when, auto work) { Work(when, std::move(work)); },
                            options_.longest_delta, targets_};
  ServePprof(request, rest.substr(kPprof.size() + 1), *target, around, respond);
}

Response Service::Metrics(const Request& request) {
  std::map<int, std::uint64_t> statuses;
  {
    const std::lock_guard lock(statuses_mutex_);
    statuses = statuses_;
  }
  return MetricsPage(request, {targets_, desk_, history_.get()}, server_->counts(), statuses);
}

Response Service::Ready() {
  const std::string problem = targets_.Problem();
  return problem.empty() ? Plain(200, "ok\n") : Plain(503, problem + "\n");
}

}  // namespace mqtrack::service
