// The server: requests by their paths to whoever answers them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libtrack/http/http_server.h"
#include "libtrack/service/gatekeeper.h"
#include "libtrack/service/history_keeper.h"
#include "libtrack/service/pages.h"
#include "libtrack/service/snapshot_desk.h"
#include "libtrack/service/target_list.h"
#include "libtrack/service/work_pool.h"
#include "libtrack/support/result.h"

namespace mqtrack::service {

struct ServiceOptions {
  std::vector<std::string> targets;  // pids and names; empty: all recorded processes
  snapshot::Options loading;
  http::ServerOptions http;
  AccessRules access;
  std::chrono::seconds interval{1};         // between two looks at one process
  std::chrono::seconds longest_delta{300};  // of seconds=N
  std::optional<HistoryOptions> history;    // nothing: none is kept
  std::shared_ptr<const Pages> pages;       // null: there are none
};

class Service {
 public:
  /// Listens; answers begin with Run.
  [[nodiscard]] static support::Result<std::unique_ptr<Service>> Start(const ServiceOptions& options);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  /// Until Stop, which may be called from a signal handler.
  void Run();
  void Stop() { server_->Stop(); }

 private:
  explicit Service(const ServiceOptions& options);
  void Receive(const http::Request& request, const http::HttpServer::Respond& respond);
  void Route(const http::Request& request, const http::HttpServer::Respond& respond);
  void RouteTarget(const http::Request& request, const http::HttpServer::Respond& respond);
  [[nodiscard]] http::Response Metrics(const http::Request& request);
  [[nodiscard]] http::Response Ready();
  void Work(SnapshotDesk::Clock::time_point when, std::function<void()> work);
  void Tick();

  ServiceOptions options_;
  TargetList targets_;
  SnapshotDesk desk_;
  std::mutex statuses_mutex_;
  std::map<int, std::uint64_t> statuses_;   // how many answers of each
  std::unique_ptr<HistoryKeeper> history_;  // may be null
  std::unique_ptr<http::HttpServer> server_;
  std::unique_ptr<WorkPool> pool_;  // ends first: its work uses all of the above
};

}  // namespace mqtrack::service
