// How long the pictures take, against `go tool pprof` on the same files in the same run.
//
// Input: two synthetic heap profiles of 20,000 stacks of 60 frames and 4,000 functions, the same stacks with other
// values. That is a large C++ service after days; a broker has a few hundred stacks. A ratio below 1 means faster than
// the peer. Both sides read the files from disk: ours is decode + draw, the peer's is a whole process that does the
// same.
//
//   report_bench [STACKS [DEPTH]]
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/support/file.h"
#include "reports/callgraph/call_graph.h"
#include "reports/flame/flame_svg.h"
#include "tests/unit/reports/picture_profiles.h"

namespace {

using mqtrack::profile::Profile;
using mqtrack::reports::RenderDot;
using mqtrack::reports::RenderFlameSvg;

constexpr int kRounds = 3;  // the best of them counts: the machine is shared

// Milliseconds of the fastest round; negative if the work failed.
double Measure(const std::function<bool()>& work) {
  double best = -1;
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    if (!work()) return -1;
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (best < 0 || took.count() < best) best = took.count();
  }
  return best;
}

void Print(const char* what, double ours, double peer) {
  if (peer > 0) {
    std::printf("%-34s %9.0f ms   go tool pprof %9.0f ms   ratio %.2f\n", what, ours, peer, ours / peer);
  } else {
    std::printf("%-34s %9.0f ms   (no peer)\n", what, ours);
  }
}

bool Succeeds(const std::string& command) {
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int Run(std::size_t stacks, std::size_t depth) {
  char folder[] = "/tmp/mqtrack-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) return 2;
  const std::string old_file = std::string(folder) + "/old.pb.gz", new_file = std::string(folder) + "/new.pb.gz";
  for (const std::uint32_t seed : {1U, 2U}) {
    const std::string bytes = mqtrack::profile::EncodePprof(mqtrack::testing::SyntheticProfile(seed, stacks, depth));
    if (!mqtrack::support::WriteFile(seed == 1 ? old_file : new_file, bytes).ok()) return 2;
  }
  const auto wrappers = mqtrack::analysis::WrapperList::Load().value();
  std::printf("two profiles of %zu stacks of %zu frames\n", stacks, depth);

  const auto loaded = mqtrack::profile::LoadProfile(new_file), base = mqtrack::profile::LoadProfile(old_file);
  if (!loaded || !base) return 2;
  std::size_t svg_bytes = 0;
  Print("flame, drawing only", Measure([&] {
          const auto svg = RenderFlameSvg(*loaded, &*base, wrappers, {});
          svg_bytes = svg.ok() ? svg->size() : 0;
          return svg.ok();
        }),
        0);
  std::printf("%-34s %9zu KiB\n", "flame, size of the file", svg_bytes / 1024);
  Print("dot, drawing only", Measure([&] { return RenderDot(*loaded, &*base, wrappers, {}).ok(); }), 0);

  const auto from_files = [&](auto draw) {
    return Measure([&] {
      const auto newer = mqtrack::profile::LoadProfile(new_file), older = mqtrack::profile::LoadProfile(old_file);
      return newer.ok() && older.ok() && draw(*newer, *older);
    });
  };
  const std::string pprof = "go tool pprof -base " + old_file + " ";
  const std::string setting = "HOME=" + std::string(folder) + " PPROF_TMPDIR=" + folder + " ";
  const double peer_dot = Measure([&] { return Succeeds(setting + pprof + "-dot -output /dev/null " + new_file); });
  const double peer_proto =
      Measure([&] { return Succeeds(setting + pprof + "-proto -output " + folder + "/out.pb.gz " + new_file); });
  Print("dot of a difference, from files", from_files([&](const Profile& newer, const Profile& older) {
          return RenderDot(newer, &older, wrappers, {}).ok();
        }),
        peer_dot);
  Print("flame of a difference, from files", from_files([&](const Profile& newer, const Profile& older) {
          return RenderFlameSvg(newer, &older, wrappers, {}).ok();
        }),
        peer_proto);
  std::printf("(the peer of the flame graph is -proto: it merges the same files but draws nothing)\n");
  return Succeeds(std::string("rm -r ") + folder) ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t stacks = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 20'000;
  const std::size_t depth = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 60;
  return Run(stacks, depth);
}
