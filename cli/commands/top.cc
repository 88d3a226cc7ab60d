#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/options/output_format.h"
#include "cli/options/profile_options.h"
#include "cli/output.h"
#include "cli/targets/input.h"
#include "libtrack/analysis/sites.h"

namespace mqtrack::cli {
namespace {

class TopCommand final : public Command {
 public:
  HelpText Help() const override {
    return {"top TARGET [--by TYPE] [-n N] [options]",
            "Shows the sites that hold the most right now, biggest first. A row is named after the function to blame: "
            "functions that only pass an allocation on (malloc's family, operator new, containers, known wrappers) "
            "are skipped. Looking at a running process does not stop it and does not start a new generation.\n\n"
            "The biggest site is not yet a leak: two snapshots and mqtrack diff show what grows.",
            {{"mqtrack top mosquitto", "the broker that runs under the recorder"},
             {"mqtrack top after.pb.gz -n 5 --stacks", "a snapshot, with the stacks of its five biggest sites"},
             {"mqtrack top mosquitto --by alloc_objects", "what allocates the most often"},
             {"mqtrack top after.pb.gz --group-by generation", "how old the live blocks are"},
             {"mqtrack top mosquitto --group-by mqtt_client", "whose messages caused it"}},
            UsualExits(),
            true};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("TARGET", target_, kTargetHelp)->required();
    AddFormat(app, format_, FormatNames(FormatFamily::kTable), "How to print it", "Output");
    rows_.AddTo(app);
    selection_.AddTo(app);
    loading_.AddTo(app);
  }

  support::Result<int> Run() override {
    const support::Result<Input> input = LoadInput(target_, "", loading_, selection_, messages());
    if (!input) return input.error();
    const support::Result<analysis::SiteTable> table = MakeTable(input.value(), selection_, rows_, messages());
    if (!table) return table.error();
    const support::Status printed = Print(RenderTable(table.value(), input.value(), rows_, format_, true));
    if (!printed) return printed.error();
    return kSuccess;
  }

 private:
  std::string target_, format_ = "text";
  LoadOptions loading_;
  SelectionOptions selection_;
  RowOptions rows_;
};

}  // namespace

std::unique_ptr<Command> MakeTopCommand() { return std::make_unique<TopCommand>(); }

}  // namespace mqtrack::cli
