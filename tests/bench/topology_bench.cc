// How long reading the logs of 50 services takes, and how much memory: topology_bench [SPANS]. Traces of ten spans walk
// through a known graph of services, children logged before their parents and traces overlapping, as exporters write
// them; a second process makes the lines and hands them over by a pipe, so that only reading is measured. One call in a
// hundred closes a circle, one service is slow. What is found is compared with what was made: a wrong count fails.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "libtrack/topology/read_logs.h"

namespace {

using namespace mqtrack::topology;

constexpr int kServices = 50, kSpansOfTrace = 10, kTracesAtOnce = 200;
constexpr std::int64_t kStart = 1'790'000'000'000'000'000;

// Service of the level-th call of a trace. Each trace goes on from one of ten entries to neighbours; never back, but in
// every hundredth trace, whose last call is of the entry again.
int ServiceOf(std::int64_t trace, int level) {
  const auto entry = static_cast<int>(trace % 10);
  if (level == kSpansOfTrace - 1 && trace % 100 == 0) return entry;
  return level == 0 ? entry : 10 + (entry * 4 + level * 3) % 40;
}

unsigned long long IdOf(std::int64_t trace, int level) {
  return static_cast<unsigned long long>(trace) * kSpansOfTrace + static_cast<unsigned long long>(level) + 1;
}

void WriteSpan(std::FILE* out, std::int64_t trace, int level) {
  const int service = ServiceOf(trace, level);
  const std::int64_t start = kStart + trace * 1'000'000 + level * 10'000;
  const std::int64_t own = service == 20 ? 50'000'000 : 1'000'000;
  std::int64_t duration = own;
  for (int below = level + 1; below < kSpansOfTrace; ++below)
    duration += ServiceOf(trace, below) == 20 ? 50'000'000 : 1'000'000;
  const bool is_root = level == 0;
  std::fprintf(out,
               "{\"time\":\"2026-11-30T10:00:00Z\",\"level\":\"info\",\"service_name\":\"service-%02d\",\"trace_id\":"
               "\"%032llx\",\"span_id\":\"%016llx\",\"parent_span_id\":\"%s",
               service, static_cast<unsigned long long>(trace) + 1, IdOf(trace, level), is_root ? "" : "");
  if (!is_root) std::fprintf(out, "%016llx", IdOf(trace, level - 1));
  std::fprintf(out, "\",\"name\":\"handle\",\"start_unix_ns\":%lld,\"duration_ns\":%lld,\"status\":\"%s\"}\n",
               static_cast<long long>(start), static_cast<long long>(duration), trace % 1000 == 0 ? "error" : "ok");
}

// Traces overlap: of many at once, the deepest spans are written first.
[[noreturn]] void WriteLogs(int fd, std::int64_t traces) {
  std::FILE* out = ::fdopen(fd, "w");
  std::vector<char> buffer(std::size_t{1} << 20);
  std::setvbuf(out, buffer.data(), _IOFBF, buffer.size());
  for (std::int64_t first = 0; first < traces; first += kTracesAtOnce) {
    for (int level = kSpansOfTrace - 1; level >= 0; --level) {
      for (std::int64_t trace = first; trace < first + kTracesAtOnce && trace < traces; ++trace)
        WriteSpan(out, trace, level);
    }
  }
  std::_Exit(std::fclose(out) == 0 ? 0 : 1);
}

bool Agrees(const Topology& topology, std::int64_t traces) {
  std::map<std::pair<int, int>, std::int64_t> expected;
  for (std::int64_t trace = 0; trace < traces; ++trace) {
    for (int level = 1; level < kSpansOfTrace; ++level)
      ++expected[{ServiceOf(trace, level - 1), ServiceOf(trace, level)}];
  }
  std::map<std::pair<int, int>, std::int64_t> found;
  for (const Edge& edge : topology.edges)
    found[{std::atoi(topology.services[edge.from].name.c_str() + 8),
           std::atoi(topology.services[edge.to].name.c_str() + 8)}] = edge.count;
  std::int64_t returns = 0;
  for (const Cycle& cycle : topology.cycles) returns += cycle.returns;
  std::vector<std::string> slow;
  for (const Service& service : topology.services) {
    if (IsSlow(service)) slow.push_back(service.name);
  }
  const bool counts = found == expected && topology.reading.spans == traces * kSpansOfTrace;
  const bool losses =
      topology.reading.missing_parents + topology.reading.distant_parents + topology.reading.broken_lines == 0;
  const bool circles = returns == (traces + 99) / 100;
  const bool slowness = slow == std::vector<std::string>{"service-20"};
  std::printf("edges %s, losses %s, circles %s, the slow service %s\n", counts ? "agree" : "DIFFER",
              losses ? "none" : "SOME", circles ? "agree" : "DIFFER", slowness ? "found" : "NOT FOUND");
  return counts && losses && circles && slowness;
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t traces = std::max(1000LL, argc > 1 ? std::atoll(argv[1]) / kSpansOfTrace : 1'000'000LL);
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  const pid_t writer = ::fork();
  if (writer == 0) {
    ::close(ends[0]);
    WriteLogs(ends[1], traces);
  }
  ::close(ends[1]);
  const auto began = std::chrono::steady_clock::now();
  const auto topology = ReadLogs({"/proc/self/fd/" + std::to_string(ends[0])}, {});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  int status = 0;
  ::waitpid(writer, &status, 0);
  if (!topology) {
    std::printf("%s\n", topology.error().ToString().c_str());
    return 1;
  }
  const double processor = SecondsOf(usage.ru_utime) + SecondsOf(usage.ru_stime);
  const double megabytes = static_cast<double>(topology->reading.bytes) / 1e6;
  std::printf(
      "%lld spans of %d services, %.0f MB: %.1f s of processor time (%.1f s in all), %.2f us a span, %.0f MB/s, at "
      "most %ld MB\n",
      static_cast<long long>(topology->reading.spans), kServices, megabytes, processor, seconds,
      processor * 1e6 / static_cast<double>(topology->reading.spans), megabytes / processor, usage.ru_maxrss / 1024);
  return Agrees(*topology, traces) && status == 0 ? 0 : 1;
}
