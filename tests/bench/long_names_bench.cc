// What names of 10,000 characters and stacks of 1,000 frames cost, for every output: once, and with twice as many of
// them. In linear time the second takes twice as long; the last column is how often.
//
// Input: N functions with names of 10,000 characters, N / 4 stacks of 1,000 frames that share nothing but their roots.
// Such names are of expression templates and of Boost.Asio's handlers; a service has some dozens of them.
//
//   long_names_bench [FUNCTIONS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/formats/load.h"
#include "libtrack/profile/formats/pprof_encode.h"
#include "libtrack/profile/merge.h"
#include "libtrack/profile/sample_types.h"
#include "reports/callgraph/call_graph.h"
#include "reports/flame/flame_svg.h"
#include "reports/flame/folded.h"
#include "reports/text/json_table.h"
#include "reports/text/markdown_table.h"
#include "reports/text/text_table.h"

namespace {

using mqtrack::analysis::SiteTable;
using mqtrack::profile::Profile;

constexpr std::size_t kNameLength = 10'000, kDepth = 1'000;

std::string Name(std::size_t number) {
  std::string name = "telemetry::Handler<std::map<std::string, ";
  while (name.size() < kNameLength - 100) name += "std::vector<int, std::allocator<int>>, boost::asio::wrapper, ";
  return name + "std::less<std::string>>>::Run" + std::to_string(number);
}

Profile Make(std::size_t functions) {
  Profile profile;
  profile.sample_types = {mqtrack::profile::WithUnit(mqtrack::profile::kInuseSpace)};
  profile.default_sample_type = mqtrack::profile::kInuseSpace;
  profile.period_type = {"space", "bytes"};
  profile.mappings.push_back({0x400000, 0x500000, 0, "/usr/sbin/broker", "abcd", true, true, true, true});
  for (std::uint32_t i = 0; i < functions; ++i) {
    const std::string name = Name(i);
    profile.functions.push_back({name, name, "src/handler.cc", 1});
    profile.locations.push_back(
        {mqtrack::profile::MappingId{0}, 0x400000 + i, {{mqtrack::profile::FunctionId{i}, 7}}, false});
  }
  for (std::size_t stack = 0; stack < functions / 4; ++stack) {
    auto& sample = profile.samples.emplace_back();
    for (std::size_t frame = 0; frame < kDepth; ++frame) {
      const std::size_t step = frame + 10 < kDepth ? stack * 7 + frame : 0;
      sample.locations.push_back(mqtrack::profile::LocationId{static_cast<std::uint32_t>((step + frame) % functions)});
    }
    sample.values = {static_cast<std::int64_t>(1000 + stack)};
  }
  return profile;
}

/// Processor time: the machine may be shared.
double Milliseconds(const std::function<std::size_t()>& work, std::size_t& bytes) {
  const std::clock_t start = std::clock();
  bytes = work();
  return static_cast<double>(std::clock() - start) * 1000 / CLOCKS_PER_SEC;
}

struct Output {
  const char* name;
  std::function<std::size_t(const Profile&)> make;
};

int Run(std::size_t functions) {
  const auto wrappers = mqtrack::analysis::WrapperList::Load().value();
  mqtrack::reports::TableOptions options;
  options.stacks = true;
  const auto table = [&](const Profile& profile) { return *mqtrack::analysis::TopSites(profile, wrappers, {}); };
  const std::vector<Output> outputs = {
      {"write and read",
       [](const Profile& p) { return mqtrack::profile::ParseProfile(EncodePprof(p), "x").value().samples.size(); }},
      {"subtract", [](const Profile& p) { return mqtrack::profile::Subtract(p, p).value().samples.size(); }},
      {"sites", [&](const Profile& p) { return table(p).sites.size(); }},
      {"text", [&](const Profile& p) { return RenderText(table(p), options).size(); }},
      {"markdown", [&](const Profile& p) { return RenderMarkdown(table(p), options).size(); }},
      {"json", [&](const Profile& p) { return RenderJson(table(p), options).size(); }},
      {"flame",
       [&](const Profile& p) { return mqtrack::reports::RenderFlameSvg(p, nullptr, wrappers, {}).value().size(); }},
      {"dot", [&](const Profile& p) { return mqtrack::reports::RenderDot(p, nullptr, wrappers, {}).value().size(); }},
  };
  const Profile once = Make(functions), twice = Make(2 * functions);
  std::printf("%zu functions with names of %zu characters, %zu stacks of %zu frames; and twice as many\n", functions,
              kNameLength, functions / 4, kDepth);
  for (const Output& output : outputs) {
    std::size_t bytes = 0, more_bytes = 0;
    const double first = Milliseconds([&] { return output.make(once); }, bytes);
    const double second = Milliseconds([&] { return output.make(twice); }, more_bytes);
    std::printf("%-16s %8.0f ms %8.0f ms   %10zu %10zu bytes   x %.2f\n", output.name, first, second, bytes, more_bytes,
                second / std::max(first, 0.01));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) { return Run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 1'000); }
