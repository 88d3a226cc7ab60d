#include "libtrack/stress/load_loop.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>

#include "libtrack/stress/load_client.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"

namespace mqtrack::stress {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::int64_t kSecond = 1'000'000'000, kMillisecond = 1'000'000;
constexpr int kMostEvents = 512;

/// Enough descriptors for all clients, or an error that says how to have them.
Status CheckDescriptors(std::int64_t clients) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = static_cast<rlim_t>(clients) + 64;
  if (limit.rlim_cur >= wanted) return {};
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (limit.rlim_cur == wanted && ::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return Error{ErrorCode::kBadInput,
               support::FormatCount(clients) + " clients need as many descriptors, and this shell allows " +
                   std::to_string(limit.rlim_max) + "; raise it with ulimit -n, or ask for fewer with --clients",
               "stress"};
}

class Loop {
 public:
  Loop(const Scenario& scenario, const LoadOptions& options)
      : scenario_(scenario), options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (const Group& group : scenario.groups) {
      auto& clients = clients_.emplace_back();
      for (std::int64_t i = 0; i < group.clients; ++i) clients.emplace_back(group, i);
      std::vector<std::size_t>& order = orders_.emplace_back(clients.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::mt19937_64 random(scenario.seed + orders_.size());
      std::shuffle(order.begin(), order.end(), random);
    }
  }

  StageResult Play(const Stage& stage) {
    StageResult result;
    result.name = stage.name;
    result.action = ActionName(stage.action);
    result.group = scenario_.groups[stage.group].name;
    if (options_.look) result.before = options_.look();
    const bool has_rate = stage.action == Action::kPublish || stage.action == Action::kReconnect;
    const auto all = static_cast<std::int64_t>(clients_[stage.group].size());
    result.planned = stage.action == Action::kWait ? 0
                     : has_rate                    ? static_cast<std::int64_t>(std::ceil(stage.rate * stage.seconds))
                                                   : all;
    const double seconds = has_rate || stage.action == Action::kWait ? stage.seconds : stage.over;
    const std::int64_t begin = Now(), end = begin + static_cast<std::int64_t>(seconds * kSecond);
    std::int64_t i = 0;
    while (i < result.planned && !IsOver()) {
      const std::int64_t meant = begin + static_cast<std::int64_t>(seconds * kSecond * static_cast<double>(i) /
                                                                   static_cast<double>(result.planned));
      const std::int64_t left = meant - Now();
      if (left <= 0) {
        Begin(stage, i++, meant, result);
        if (i % 64 != 0) continue;  // a stage that is late still reads what came
        Wait(0, result);
      } else {
        Wait(left, result);
      }
    }
    result.not_begun = result.planned - i;
    while (Now() < end && !IsOver()) Wait(end - Now(), result);
    if (!stage.unfinished) AwaitAnswers(result);
    result.seconds = static_cast<double>(Now() - begin) / kSecond;
    if (options_.look) result.after = options_.look();
    return result;
  }

  [[nodiscard]] bool IsOver() const { return options_.is_interrupted && options_.is_interrupted(); }

 private:
  void Begin(const Stage& stage, std::int64_t number, std::int64_t meant, StageResult& result) {
    std::vector<LoadClient>& group = clients_[stage.group];
    const std::size_t at = orders_[stage.group][static_cast<std::size_t>(number) % group.size()];
    LoadClient& client = group[at];
    switch (stage.action) {
      case Action::kReconnect:
      case Action::kConnect:
        client.Connect(options_.endpoint, options_.tls.get(), meant, result);
        break;
      case Action::kSubscribe:
      case Action::kUnsubscribe:
        client.Subscribe(stage.filter, stage.action == Action::kUnsubscribe, meant, result);
        break;
      case Action::kPublish:
        client.Publish(stage.retain, false, meant, result);
        break;
      case Action::kClear:
        client.Publish(true, true, meant, result);
        break;
      case Action::kDisconnect:
        client.Disconnect(result);
        break;
      case Action::kDrop:
        client.Drop(result);
        break;
      case Action::kWait:
        break;
    }
    Watch(client, stage.group, at);
  }

  void Watch(LoadClient& client, std::size_t group, std::size_t number) {
    const int fd = client.connection().fd();
    const unsigned wanted = fd < 0 ? 0 : client.connection().events();
    if (fd == client.watched_fd && wanted == client.watched_events) return;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = static_cast<std::uint64_t>(group) << 40 | number;
    // A closed descriptor has left by itself; its number may be another client's by now, or this one's again.
    if (fd >= 0 && ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) != 0)
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    client.watched_fd = fd;
    client.watched_events = wanted;
  }

  void Wait(std::int64_t nanos, StageResult& result) {
    epoll_event events[kMostEvents];
    const std::int64_t most = std::clamp<std::int64_t>(nanos, 0, 100 * kMillisecond);
    timespec timeout{most / kSecond, most % kSecond};
    const int ready = ::epoll_pwait2(epoll_.get(), events, kMostEvents, &timeout, nullptr);
    for (int i = 0; i < ready; ++i) {
      const std::size_t group = events[i].data.u64 >> 40, number = events[i].data.u64 & 0xff'ffff'ffff;
      LoadClient& client = clients_[group][number];
      if (client.connection().fd() < 0) continue;
      client.OnReady(result);
      Watch(client, group, number);
    }
    KeepAlive();
    if (options_.progress && Now() - told_ > kSecond) {
      told_ = Now();
      options_.progress(result);
    }
  }

  void KeepAlive() {
    constexpr std::int64_t kBetween = 100 * kMillisecond;
    const std::int64_t now = Now();
    if (now - kept_alive_ < kBetween) return;
    kept_alive_ = now;
    for (std::size_t group = 0; group < clients_.size(); ++group) {
      if (scenario_.groups[group].keep_alive == 0) continue;
      for (std::size_t number = 0; number < clients_[group].size(); ++number) {
        LoadClient& client = clients_[group][number];
        client.KeepAlive(now);
        Watch(client, group, number);
      }
    }
  }

  /// Until nothing is unanswered and all who left are gone, or for as long as patience lasts.
  void AwaitAnswers(StageResult& result) {
    const std::int64_t deadline = Now() + static_cast<std::int64_t>(options_.patience_seconds * kSecond);
    while (Now() < deadline && !IsOver()) {
      if (result.done + result.failed + result.dropped >= result.planned) return AwaitMessages(deadline, result);
      Wait(10 * kMillisecond, result);
    }
    for (std::size_t group = 0; group < clients_.size(); ++group) {
      for (LoadClient& client : clients_[group]) client.GiveUp(result);
    }
    const std::int64_t known = result.done + result.failed + result.dropped + result.not_begun;
    if (known < result.planned) result.failed += result.planned - known;
  }

  /// What is still on its way to subscribers belongs to this stage.
  void AwaitMessages(std::int64_t deadline, StageResult& result) {
    constexpr std::int64_t kCalm = 50 * kMillisecond;
    std::int64_t known = -1;
    for (std::int64_t calm_since = Now(); Now() < deadline && Now() - calm_since < kCalm && result.planned != 0;) {
      if (result.received != known) calm_since = Now();
      known = result.received;
      Wait(10 * kMillisecond, result);
    }
  }

  const Scenario& scenario_;
  const LoadOptions& options_;
  support::FileHandle epoll_;
  std::vector<std::vector<LoadClient>> clients_;  // by group
  std::vector<std::vector<std::size_t>> orders_;  // in which order a group's clients act
  std::int64_t told_ = Now(), kept_alive_ = told_;
};

}  // namespace

Result<StressResult> PlayScenario(const Scenario& scenario, const LoadOptions& options) {
  std::int64_t clients = 0;
  for (const Group& group : scenario.groups) clients += group.clients;
  if (Status enough = CheckDescriptors(clients); !enough) return enough.error();
  StressResult result;
  result.scenario = scenario.name;
  result.address = options.endpoint.text;
  result.seed = scenario.seed;
  Loop loop(scenario, options);
  for (const Stage& stage : scenario.stages) {
    result.stages.push_back(loop.Play(stage));
    if (options.stage_ended) options.stage_ended(result.stages.back());
    if (loop.IsOver()) {
      result.is_interrupted = true;
      break;
    }
  }
  return result;
}

}  // namespace mqtrack::stress
