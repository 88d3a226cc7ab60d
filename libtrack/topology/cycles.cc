#include "libtrack/topology/cycles.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

namespace mqtrack::topology {
namespace {

constexpr std::size_t kMostCycles = 200;
constexpr std::uint32_t kNone = UINT32_MAX;

using Path = std::vector<std::uint32_t>;
using Next = std::vector<Path>;

// The circle itself, without loops on its way and without what stays within a service, the smallest number first.
Path Canonical(const Path& path) {
  Path simple;
  for (const std::uint32_t service : path) {
    const auto before = std::find(simple.begin(), simple.end(), service);
    if (before != simple.end()) simple.erase(before + 1, simple.end());
    if (before == simple.end()) simple.push_back(service);
  }
  std::rotate(simple.begin(), std::min_element(simple.begin(), simple.end()), simple.end());
  return simple;
}

// The shortest way from `from` to `to`; both are of one strong component, so there is one.
Path ShortestWay(const Next& next, std::uint32_t from, std::uint32_t to) {
  std::vector<std::uint32_t> came_from(next.size(), kNone);
  std::deque<std::uint32_t> queue = {from};
  came_from[from] = from;
  while (!queue.empty() && came_from[to] == kNone) {
    const std::uint32_t node = queue.front();
    queue.pop_front();
    for (const std::uint32_t after : next[node]) {
      if (came_from[after] != kNone) continue;
      came_from[after] = node;
      queue.push_back(after);
    }
  }
  Path way;
  for (std::uint32_t node = to; node != kNone; node = came_from[node]) {
    way.push_back(node);
    if (node == from) break;
  }
  std::reverse(way.begin(), way.end());
  return way;
}

class CycleList {
 public:
  explicit CycleList(Topology& topology) : topology_(topology) {
    for (const Edge& edge : topology.edges) {
      if (edge.kind == EdgeKind::kMessage) messages_.emplace(edge.from, edge.to);
    }
  }

  void Add(const Path& services, std::int64_t returns, const std::string& trace) {
    const auto known = number_of_.find(services);
    if (known != number_of_.end()) {
      topology_.cycles[known->second].returns += returns;
      return;
    }
    for (std::size_t i = 0; i < services.size(); ++i) covered_.emplace(Step(services, i));
    if (topology_.cycles.size() >= kMostCycles) {
      ++topology_.reading.dropped_cycles;
      return;
    }
    number_of_.emplace(services, topology_.cycles.size());
    Cycle cycle{services, false, returns, trace};
    for (std::size_t i = 0; i < services.size(); ++i)
      cycle.has_message = cycle.has_message || messages_.contains(Step(services, i));
    topology_.cycles.push_back(std::move(cycle));
  }
  [[nodiscard]] bool Covers(const Edge& edge) const { return covered_.contains({edge.from, edge.to}); }

 private:
  static std::pair<std::uint32_t, std::uint32_t> Step(const Path& services, std::size_t i) {
    return {services[i], services[(i + 1) % services.size()]};
  }
  Topology& topology_;
  std::map<Path, std::size_t> number_of_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> covered_, messages_;
};

}  // namespace

std::vector<std::uint32_t> StrongComponents(const Next& next) {
  const std::size_t count = next.size();
  std::vector<std::uint32_t> component(count, kNone), index(count, kNone), low(count), open;
  struct Visit {
    std::uint32_t node;
    std::size_t child;
  };
  std::vector<Visit> visits;
  std::uint32_t counter = 0, components = 0;
  for (std::uint32_t root = 0; root < count; ++root) {
    if (index[root] != kNone) continue;
    visits.push_back({root, 0});
    while (!visits.empty()) {
      const std::uint32_t node = visits.back().node;
      if (visits.back().child == 0 && index[node] == kNone) {
        index[node] = low[node] = counter++;
        open.push_back(node);
      }
      if (visits.back().child < next[node].size()) {
        const std::uint32_t after = next[node][visits.back().child++];
        if (index[after] == kNone) {
          visits.push_back({after, 0});
        } else if (component[after] == kNone) {
          low[node] = std::min(low[node], index[after]);
        }
        continue;
      }
      if (low[node] == index[node]) {
        for (std::uint32_t member = kNone; member != node;) {
          member = open.back();
          open.pop_back();
          component[member] = components;
        }
        ++components;
      }
      visits.pop_back();
      if (!visits.empty()) low[visits.back().node] = std::min(low[visits.back().node], low[node]);
    }
  }
  return component;
}

void FindCycles(const std::vector<EdgeSums>& edges, Topology& topology) {
  CycleList list(topology);
  for (const EdgeSums& edge : edges) {
    if (edge.facts.returns > 0) list.Add(Canonical(edge.return_path), edge.facts.returns, IdText(edge.return_trace));
  }
  Next next(topology.services.size());
  for (const Edge& edge : topology.edges) next[edge.from].push_back(edge.to);
  const std::vector<std::uint32_t> component = StrongComponents(next);
  for (const Edge& edge : topology.edges) {
    if (component[edge.from] != component[edge.to] || list.Covers(edge)) continue;
    list.Add(Canonical(ShortestWay(next, edge.to, edge.from)), 0, {});
  }
  std::stable_sort(topology.cycles.begin(), topology.cycles.end(),
                   [](const Cycle& a, const Cycle& b) { return a.returns > b.returns; });
}

}  // namespace mqtrack::topology
