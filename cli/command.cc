#include "cli/command.h"

namespace mqtrack::cli {

std::vector<HelpText::Exit> UsualExits(bool can_fail_to_measure) {
  std::vector<HelpText::Exit> exits = {{"0", "done"}, {"2", "wrong options, or an input that cannot be used"}};
  if (can_fail_to_measure) exits.push_back({"3", "the input cannot be measured, such as a log of another version"});
  return exits;
}

void Command::AddCommonOptions(CLI::App& app) {
  app.add_flag("-q,--quiet", messages_.quiet, "Print errors and warnings only, no notes")->group("General");
  app.set_help_flag("-h,--help", "Print this help")->group("General");
}

}  // namespace mqtrack::cli
