// Writes the pictures and pages that the browser tests open: sample_pictures FOLDER.
#include <cstdio>
#include <string>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/label_frames.h"
#include "libtrack/support/file.h"
#include "reports/callgraph/call_graph.h"
#include "reports/callgraph/graph_layout.h"
#include "reports/diagnosis/diagnosis_page.h"
#include "reports/flame/flame_svg.h"
#include "tests/unit/reports/picture_profiles.h"
#include "tests/unit/reports/sample_diagnosis.h"

namespace {

using mqtrack::analysis::WrapperList;
using mqtrack::profile::Profile;
using mqtrack::support::Result;

bool Write(const std::string& path, const Result<std::string>& picture) {
  if (!picture) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), picture.error().ToString().c_str());
    return false;
  }
  const mqtrack::support::Status written = mqtrack::support::WriteFile(path, *picture);
  if (!written) std::fprintf(stderr, "%s\n", written.error().ToString().c_str());
  return written.ok();
}

bool Draw(const std::string& folder, const std::string& name, const Profile& profile, const Profile* base,
          const std::string& tag_root) {
  const Result<WrapperList> wrappers = WrapperList::Load();
  if (!wrappers) return false;
  const Profile labelled = mqtrack::profile::AddLabelFrames(
      profile, {tag_root.empty() ? std::vector<std::string>() : std::vector{tag_root}});
  if (!Write(folder + "/" + name + "_flame.svg", mqtrack::reports::RenderFlameSvg(labelled, base, *wrappers, {})))
    return false;
  const Result<std::string> dot = mqtrack::reports::RenderDot(profile, base, *wrappers, {});
  if (!Write(folder + "/" + name + "_graph.dot", dot)) return false;
  return Write(folder + "/" + name + "_graph.svg", mqtrack::reports::LayOut(*dot, "svg")) &&
         Write(folder + "/" + name + "_graph.png", mqtrack::reports::LayOut(*dot, "png"));
}

/// The page of a diagnosis; names in it end with `suffix`.
bool DrawPage(const std::string& path, const Profile& after, const Profile& before, const std::string& suffix) {
  const Result<WrapperList> wrappers = WrapperList::Load();
  if (!wrappers) return false;
  mqtrack::reports::DiagnosisOptions options = mqtrack::testing::SampleDiagnosisOptions(suffix);
  const Result<std::string> flame = mqtrack::reports::RenderFlameSvg(after, &before, *wrappers, {});
  if (!flame) return false;
  options.flame_svg = *flame;
  return Write(path, mqtrack::reports::RenderDiagnosisPage(mqtrack::testing::SampleDiagnosis(suffix), options));
}

/// A thousand frames of recursion, and a shallow stack beside it.
Profile Deep() {
  std::vector<mqtrack::testing::TestFrame> stack(1000, {"descend", "deep.c", 7});
  stack.insert(stack.begin(), {"main", "main.c", 1});
  mqtrack::testing::PictureProfileBuilder builder;
  builder.Add({stack.front(), {"shallow", "main.c", 2}}, 1, 1000);
  stack.push_back({"leaf", "leaf.c", 3});
  builder.Add(stack, 1, 5000);
  return builder.Get();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  const Profile before = mqtrack::testing::BrokerProfile(0), after = mqtrack::testing::BrokerProfile(1);
  const Profile hostile = mqtrack::testing::HostileProfile();
  const bool drawn =
      Draw(folder, "broker", after, nullptr, "") && Draw(folder, "diff", after, &before, "") &&
      Draw(folder, "empty", after, &after, "") && Draw(folder, "packets", after, nullptr, "mqtt_packet") &&
      Draw(folder, "deep", Deep(), nullptr, "") && Draw(folder, "hostile", hostile, nullptr, "mqtt_topic") &&
      DrawPage(folder + "/diagnosis.html", after, before, "") &&
      DrawPage(folder + "/hostile_diagnosis.html", hostile, before,
               "\"'></script></title><script>document.title='owned'</script><img src=x onerror=alert(1)>&\xFF");
  return drawn ? 0 : 1;
}
